"""What a tokenizer is made of; `tokenizing`, beside this package, is what it is for everybody else.

folder_tokenizer   where a folder has its tokenizer, and which ids begin, end and fill up a text
tokenizer_json     tokenizer.json: its tokens, checked
spelling           how tokens are shown, and found by what is shown
vocabulary         the tokens by their ids, and the labels of all, none of them laid out
library            the tokenizers package, which runs in a process of its own
worker             the program of that process
"""
