"""The program with less patience for what it posts: `python -m tests.commands.hurried …`."""

from rfm_service import cli, delivery, workers

if __name__ == "__main__":
    delivery.SEND_LIMITS = delivery.PUBLISH_LIMITS = workers.Limits(minutes=0.08)
    cli.main()
