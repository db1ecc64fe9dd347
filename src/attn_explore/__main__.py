"""`python -m attn_explore` is `attn-explore`."""

from attn_explore.explorer.cli import main

if __name__ == "__main__":
    main()
