"""What a tokenizer is made of; `tokenizing`, beside this package, is what it is for everybody else.

codec              what a file says of a tokenizer, whatever kind of file it is
folder_tokenizer   where a folder has its tokenizer, and which ids begin, end and fill up a text
gguf_tokenizer     the tokenizer in the metadata of a GGUF file
joining            letters that are joined pair by pair
cut, cutting       how a text became tokens: its words and their steps; from what the tokenizers package says
making             how the tokens of a word were made, by the file's merges, pieces or scores
chat_template      what a model wraps a conversation in
pieces             SentencePiece with scores
vocab_files        a tokenizer in several files, as older folders have it
tokenizer_json     tokenizer.json: its tokens, checked
assembled          a tokenizer.json made of what other files hold
spelling           how tokens are shown, and found by what is shown
vocabulary         the tokens by their ids, and the labels of all, none of them laid out
library            the tokenizers package, which runs in a process of its own
worker             the program of that process
"""
