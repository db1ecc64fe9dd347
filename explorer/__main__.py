"""`python -m explorer` is `attn-explore`."""

from explorer.cli import main

if __name__ == "__main__":
    main()
