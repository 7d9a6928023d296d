"""The front door: `python run_service.py --help`."""

# Guarded, because a spawned worker process runs this file again under another name.
if __name__ == "__main__":
    from rfm_service.cli import main

    main()
