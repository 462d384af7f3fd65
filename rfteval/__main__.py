"""`python -m rfteval`, for where the script is not on the path."""

from rfteval.cli import main

if __name__ == "__main__":
    main()
