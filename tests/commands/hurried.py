"""The program with less patience for what it posts: `python -m tests.commands.hurried …`."""

from datetime import timedelta

from rfm_service import cli, delivery, night, workers

if __name__ == "__main__":
    delivery.SEND_LIMITS = delivery.PUBLISH_LIMITS = workers.Limits(minutes=0.15)
    vars(delivery)["growing_pause"] = lambda _tries: timedelta(seconds=2)
    workers.PATIENCE = 1
    night.TIDY_MINUTES = 0.15
    cli.main()
