"""What can be set: sections with their types, bounds and defaults. `configuration` reads them."""

from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from rfm_service.records import Lane
from rfm_service.setting_types import (
    FileName,
    FolderName,
    JsonFormat,
    LocalFolder,
    LocalTime,
    MailAddress,
    Master,
    ProxyUrl,
    SchemeName,
    Seconds,
    SecretUrl,
    Url,
    ZoneName,
    checked_mail_address,
)

PREFIX = "RFM_"


class Section(BaseModel):
    """A table of the configuration file: typos are refused, values never change after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ErpFields(Section):
    """What the ERP calls the thirteen fields of a line, and the one that it may leave out."""

    date: str = "ДатаРегистратора"
    sale_id: str = "НомерРегистратора"
    order_date: str = "ДатаЗаказаКлиента"
    order_id: str = "НомерЗаказаКлиента"
    buyer: str = "Партнер"
    contractor: str = "Контрагент"
    site_id: str = "ИдНаСайте"
    product: str = "Номенклатура"
    feature: str = "Характеристика"
    quantity: str = "Количество"
    sum: str = "Сумма"
    address: str = "АдресДоставки"
    cash_flow_type: str = "ХозяйственнаяОперация"
    product_category: str = "ТоварнаяКатегория"

    @model_validator(mode="after")
    def _names_differ(self) -> "ErpFields":
        names = list(self.model_dump().values())
        if nameless := [field for field, name in self.model_dump().items() if not name.strip()]:
            raise ValueError(f"the name of {', '.join(nameless)} in the ERP is empty")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two fields share the name {', '.join(twice)}")
        return self


class BuyerFields(Section):
    """What the ERP calls the fields of a buyer's card."""

    name: str = "Партнер"
    email: str = "ЭлектроннаяПочта"
    category: str = "Категория"
    manager: str = "Менеджер"


class Operations(Section):
    """Which operations are what, asked in this order; `*` stands for any text, spaces and letter case do not matter."""

    ignored: list[str] = [
        "Возврат*Поставщику*",
        "Возврат*Комитенту*",
        "ВозвратОплаты*",
        "ВозвратДенежныхСредств*",
        "ОтчетКомитенту*",
        "*ДругуюОрганизацию*",
        "*МеждуОрганизациями*",
        "РасчетСебестоимости*",
        "ЗакрытиеМесяца*",
    ]
    returns: list[str] = ["Возврат*", "Чек*Возврат*"]
    corrections: list[str] = ["Корректировка*"]
    sales: list[str] = Field(
        default=[
            "Реализация*",
            "Продажа*",
            "Розничн*",
            "Отгрузка*",
            "Отчет*",
            "Чек*",
            "ОказаниеУслуг*",
            "АктВыполненныхРабот*",
            "ЗаказНаряд*",
        ],
        min_length=1,
    )


class ODataRegister(Section):
    """The register of sales, and what it calls its fields."""

    entity: str = "AccumulationRegister_ВыручкаИСебестоимостьПродаж"
    partner_analytics: str = "АналитикаУчетаПоПартнерам_Key"
    product_analytics: str = "АналитикаУчетаНоменклатуры_Key"
    order: str = "ЗаказКлиента"
    operation: str = "ХозяйственнаяОперация"
    quantity: str = "Количество"
    amount: str = "СуммаВыручки"


class ODataFields(Section):
    """What documents call their fields. A name that ends in _Key is a reference of one type, another of several."""

    partner: str = "Партнер_Key"
    contractor: str = "Контрагент_Key"
    order: str = "ЗаказКлиента"
    operation: str = "ХозяйственнаяОперация"
    address: str = ""
    product: str = "Номенклатура_Key"
    feature: str = "Характеристика_Key"
    quantity: str = "Количество"
    amount: str = "СуммаСНДС"
    amount_else: str = "Сумма"


class ODataCatalogs(Section):
    """The catalogs that names are taken from, and the optional fields of a product and of a partner's card."""

    partner_analytics: str = "Catalog_КлючиАналитикиУчетаПоПартнерам"
    product_analytics: str = "Catalog_КлючиАналитикиУчетаНоменклатуры"
    partners: str = "Catalog_Партнеры"
    contractors: str = "Catalog_Контрагенты"
    products: str = "Catalog_Номенклатура"
    features: str = "Catalog_ХарактеристикиНоменклатуры"
    orders: str = "Document_ЗаказКлиента"
    managers: str = "Catalog_Пользователи"
    manager: str = "ОсновнойМенеджер_Key"
    contacts: str = "КонтактнаяИнформация"
    category: str = ""
    product_categories: str = "Catalog_ТоварныеКатегории"
    product_category: str = "ТоварнаяКатегория_Key"


class ODataDocument(Section):
    """A type of document that sells, takes back or corrects.

    `parts`: the tables of its lines. `base`: the field that names the sale it is about, in the header and, for a
    return, in the lines. `receipt`: the field that names the receipt.
    """

    entity: str
    kind: Literal["sale", "return", "correction"]
    parts: list[str]
    base: str = ""
    receipt: str = ""


class OData(Section):
    """The standard OData interface of 1C, and what this configuration calls things."""

    mode: Literal["register", "documents"] = "register"
    format: JsonFormat = "application/json;odata=nometadata"
    page_rows: int = Field(default=1000, ge=1, le=10_000)
    page_documents: int = Field(default=500, ge=1, le=10_000)
    page_mib: float = Field(default=8, gt=0, le=256)
    control_total: bool = True
    site_id: str = ""
    sales_register: ODataRegister = ODataRegister()
    fields: ODataFields = ODataFields()
    catalogs: ODataCatalogs = ODataCatalogs()
    documents: list[ODataDocument] = [
        ODataDocument(entity="Document_РеализацияТоваровУслуг", kind="sale", parts=["Товары", "Услуги"]),
        ODataDocument(
            entity="Document_ВозвратТоваровОтКлиента",
            kind="return",
            parts=["Товары"],
            base="ДокументРеализации",
            receipt="ЧекККМ_Key",
        ),
        ODataDocument(
            entity="Document_КорректировкаРеализации",
            kind="correction",
            parts=["Расхождения"],
            base="ДокументОснование",
        ),
    ]


class Erp(Section):
    """The way into 1C: its HTTP service, or its standard OData interface."""

    source: Literal["http", "odata"] = "http"
    url: Url = "http://127.0.0.1:8901/hs/rfm"
    token: SecretStr = SecretStr("")
    auth: Literal["raw", "bearer", "basic"] = "raw"
    ca_file: FileName = ""
    timezone: ZoneName = "Europe/Moscow"
    connect_timeout: Seconds = 10
    read_timeout: Seconds = 180
    day_deadline: Seconds = 600
    max_answer_mib: int = Field(default=256, gt=0, le=65_536)
    tries: int = Field(default=4, ge=1, le=20)
    retry_pause: Seconds = 5
    pause: float = Field(default=0.2, ge=0, le=60)
    fields: ErpFields = ErpFields()
    buyer_fields: BuyerFields = BuyerFields()
    operations: Operations = Operations()
    odata: OData = OData()

    @property
    def zone(self) -> ZoneInfo:
        """The ERP's time zone."""
        return ZoneInfo(self.timezone)


class Cleaning(Section):
    """Which lines are not purchases of customers."""

    gift_below: int = Field(default=10, ge=0, le=1_000_000)
    own_companies: list[str] = []
    anonymous_buyers: list[str] = ["Розничный покупатель", "Неизвестный партнер"]
    require_site_id: bool = True


class NightSettings(Section):
    """When the night starts, what it looks at, how long a step may take."""

    at: LocalTime = "02:00"
    horizon_days: int = Field(default=365, ge=1, le=3660)
    recheck_days: int = Field(default=45, ge=0, le=3660)
    deep_nights: int = Field(default=14, ge=1, le=3660)
    believe_hours: float = Field(default=6, ge=0, le=8760)
    step_minutes: float = Field(default=240, gt=0, le=10_080)
    step_mib: int = Field(default=4096, ge=256)
    retry_minutes: float = Field(default=30, gt=0, le=10_080)


class Segmentation(Section):
    """Which scheme files classify the customers."""

    segments: SchemeName = "nine_segments"
    tiers: SchemeName = "wholesale_tiers"
    others: list[SchemeName] = []

    @property
    def all_schemes(self) -> list[str]:
        """Every scheme that customers are classified by, each once."""
        return list(dict.fromkeys((self.segments, self.tiers, *self.others)))


class Calls(Section):
    """Whom to call: how many a day, who is near a border, and how long who was on the list is left in peace."""

    most: int = Field(default=10, ge=0, le=1000)
    soon_days: int = Field(default=7, ge=1, le=366)
    quiet_days: int = Field(default=14, ge=0, le=366)


class Lists(Section):
    """The managers who get their customers by e-mail: their names as the cards have them, and their addresses."""

    managers: dict[str, MailAddress] = {}
    mail_every_days: int = Field(default=7, ge=1, le=366)


class EngineSettings(Section):
    """Where the tables of a report are computed."""

    kind: Literal["embedded", "spark"] = "embedded"
    master: Master = "local[2]"
    memory_mib: int = Field(default=1024, ge=128)


class ReportSettings(Section):
    """The report's folders, and the way into those that are `smb://` addresses."""

    analysts_folder: FolderName = "reports/analysts"
    marketers_folder: FolderName = "reports/marketers"
    smb_user: str = ""
    smb_password: SecretStr = SecretStr("")
    smb_encrypt: bool = True


class Telegram(Section):
    """Where the admin hears of the night."""

    token: SecretStr = SecretStr("")
    chat_ids: list[int] = []
    admins: list[int] = []
    send_report: bool = False
    api_url: Url = "https://api.telegram.org"
    proxy: ProxyUrl = SecretStr("")
    timeout: Seconds = 30

    @property
    def can_be_commanded(self) -> bool:
        """Whether there is a bot, and somebody that it obeys."""
        return bool(self.admins and self.token.get_secret_value())

    @property
    def addresses(self) -> list[str]:
        """The chats that can be written to: none without a token."""
        return [f"telegram:{chat_id}" for chat_id in self.chat_ids] if self.token.get_secret_value() else []

    @property
    def answered(self) -> list[str]:
        """The admins: a private chat has the number of the one who writes there. None without a token."""
        return [f"telegram:{admin}" for admin in self.admins] if self.token.get_secret_value() else []


class Mail(Section):
    """The second channel: alerts by e-mail, and everything else too where there is no Telegram."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: FileName = ""
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    recipients: list[MailAddress] = []
    timeout: Seconds = 30

    @model_validator(mode="after")
    def _is_whole(self) -> "Mail":
        if self.host and not (self.sender and self.recipients):
            raise ValueError("with a host there must be a sender and recipients")
        if self.host:
            checked_mail_address(self.sender)
        if not (self.user + self.password.get_secret_value()).isascii():
            raise ValueError("user and password: Latin letters, digits and signs only, SMTP knows no others")
        if self.user and self.security == "none":
            raise ValueError('the password would travel in the open: security must be "starttls" or "tls"')
        return self

    @property
    def addresses(self) -> list[str]:
        """Who can be written to: nobody without a server."""
        return [f"mail:{recipient}" for recipient in self.recipients] if self.host else []


class Alive(Section):
    """The dead man's switch: called after every night whose report has arrived."""

    ping_url: SecretUrl = SecretStr("")
    timeout: Seconds = 30

    @property
    def addresses(self) -> list[str]:
        """Whom to call, if anybody."""
        return ["ping:"] if self.ping_url.get_secret_value() else []


class BackupSettings(Section):
    """Verified copies of the store."""

    folder: LocalFolder = Path("db/backups")
    keep: int = Field(default=7, ge=1, le=366)


class Privacy(Section):
    """How long sales are kept; 0: for ever."""

    keep_years: int = Field(default=0, ge=0, le=100)


class Log(Section):
    """The log file."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    max_mib: int = Field(default=10, ge=1, le=1024)
    keep: int = Field(default=10, ge=1, le=1000)


class Settings(Section):
    """All of it. Paths inside are relative to `home`."""

    language: Literal["en", "ru"] = "ru"
    erp: Erp = Erp()
    cleaning: Cleaning = Cleaning()
    night: NightSettings = NightSettings()
    segmentation: Segmentation = Segmentation()
    calls: Calls = Calls()
    lists: Lists = Lists()
    engine: EngineSettings = EngineSettings()
    report: ReportSettings = ReportSettings()
    telegram: Telegram = Telegram()
    mail: Mail = Mail()
    alive: Alive = Alive()
    backup: BackupSettings = BackupSettings()
    privacy: Privacy = Privacy()
    log: Log = Log()

    @model_validator(mode="after")
    def _site_id_has_a_place(self) -> "Settings":
        if self.erp.source == "odata" and self.cleaning.require_site_id and not self.erp.odata.site_id:
            raise ValueError(
                "erp.odata.site_id: name the field of the partners' catalog that holds the customer's id on the site,"
                " or set cleaning.require_site_id = false"
            )
        return self

    @model_validator(mode="after")
    def _lists_have_a_channel(self) -> "Settings":
        if self.lists.managers and not self.mail.host:
            raise ValueError("lists.managers: there is nobody to carry the letters; name your SMTP server in mail.host")
        return self

    @property
    def addresses(self) -> list[str]:
        """Everybody who hears of anything."""
        managers = [f"mail:{address}" for address in self.lists.managers.values()]
        return self.telegram.addresses + self.mail.addresses + self.alive.addresses + managers

    def recipients(self, lane: Lane) -> list[str]:
        """The addresses that hear of what goes in this lane: alerts go everywhere, news to Telegram if there is one."""
        if lane is Lane.ALERT:
            return self.telegram.addresses + self.mail.addresses
        return self.telegram.addresses or self.mail.addresses


def secrets_of(settings: Settings) -> list[str]:
    """The secrets' own texts, for the log's mask."""
    telegram = settings.telegram
    secrets = (
        settings.erp.token,
        telegram.token,
        telegram.proxy,
        settings.mail.password,
        settings.alive.ping_url,
        settings.report.smb_password,
    )
    texts = [secret.get_secret_value() for secret in secrets]
    texts.append(unquote(urlsplit(telegram.proxy.get_secret_value()).password or ""))
    return [text for text in texts if text]
