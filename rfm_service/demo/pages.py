"""Pages that web servers, proxies and 1C itself show instead of data."""

from rfm_service.demo.protocol import HTML, Answer

DOCTYPE = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
)

LOGIN = """<!DOCTYPE html>
<html lang="ru"><head><title>Вход в систему</title></head>
<body><form method="post"><h1>1С:Предприятие</h1>
<input name="user" placeholder="Пользователь"><input name="password" type="password"><button>Войти</button>
</form></body></html>
"""

UPKEEP = f"""<?xml version="1.0" encoding="UTF-8"?>
{DOCTYPE}
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Технические работы</title></head>
<body><p>Ведутся технические работы. Приносим извинения за неудобства.</p></body></html>
"""

PLATFORM = """{0}
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>1C:Enterprise 8 application error</title></head>
<body><h2>1C:Enterprise 8 application error:</h2>
<p>{1}</p>
</body></html>
"""

IIS = """{0}
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>IIS 10.0 Detailed Error - {1}</title></head>
<body><h2>HTTP Error {1}</h2><h3>{2}</h3></body></html>
"""

NGINX = """<html>
<head><title>{0}</title></head>
<body>
<center><h1>{0}</h1></center>
<hr><center>nginx/1.24.0</center>
</body>
</html>
"""


def iis(status: int, title: str, text: str) -> Answer:
    """A page of IIS, which does not let the call through to 1C."""
    return Answer(status, IIS.format(DOCTYPE, title, text).encode(), HTML)


def nginx(status: int, title: str) -> Answer:
    """A page of a proxy that does not reach 1C."""
    return Answer(status, NGINX.format(f"{status} {title}").encode(), HTML)


def platform(text: str) -> Answer:
    """1C's own page for what it cannot tell otherwise."""
    return Answer(500, PLATFORM.format(DOCTYPE, text).encode(), HTML)
