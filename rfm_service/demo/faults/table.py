"""Every fault by its name."""

from rfm_service.demo.faults.kinds import FaultKind
from rfm_service.demo.faults.lies import LIES
from rfm_service.demo.faults.paging import PAGING
from rfm_service.demo.faults.statuses import STATUSES
from rfm_service.demo.faults.transport import TRANSPORT
from rfm_service.demo.faults.values import VALUES

FAULTS: dict[str, FaultKind] = TRANSPORT | STATUSES | LIES | VALUES | PAGING
