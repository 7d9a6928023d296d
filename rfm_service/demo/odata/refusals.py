"""How the standard interface refuses: its own codes, and the status each comes with."""


class Refusal(Exception):
    """`Refusal(status, code, text)`: no rows, but an error in the format that was asked for."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(status, code, text)
        self.status = status
        self.code = code
        self.text = text


def unknown_segment(name: str) -> Refusal:
    """A field that the entity does not have, or a word that the URL may not hold."""
    return Refusal(400, 6, f"Сегмент пути {name} не найден!")


def unknown_entity(name: str) -> Refusal:
    """Nothing of this name is published."""
    return Refusal(404, 8, f"Не найден тип сущности с именем {name}")


def no_instance() -> Refusal:
    """No object has this key."""
    return Refusal(404, 9, "Экземпляр сущности не найден по ключу")


def unreadable_option(text: str) -> Refusal:
    """A query option cannot be parsed."""
    return Refusal(400, 14, f"Ошибка разбора опции запроса: {text}")


def exception(text: str) -> Refusal:
    """Something went wrong inside the application."""
    return Refusal(500, -1, text)
