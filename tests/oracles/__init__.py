"""The definitions written down a second time, plainly, to judge the service by. Nothing here imports rfm_service."""
