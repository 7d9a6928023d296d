"""From settings to a source."""

from rfm_service.settings import Erp
from rfm_service.sources import Catalog, Source, erp_http
from rfm_service.sources.odata import source as erp_odata


def connect(erp: Erp, catalog: Catalog) -> Source:
    """The source that the settings describe; `catalog` remembers names for it. Nothing is sent yet."""
    return erp_odata.connect(erp, catalog) if erp.source == "odata" else erp_http.connect(erp)
