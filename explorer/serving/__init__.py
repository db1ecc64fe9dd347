"""The explorer in browsers, for a class without installs: textual-serve with rules for visitors from anywhere.

The server, which computes nothing:
    server, admission, messages     what is answered to whom, and what a page may ask
    visits, visit                   who is there, and one of them: a process, and the page that shows it
    used_up                         whether one has no memory left, and may not be able to say so
    downloads, words                files that go to the browser; why a visit ended, in plain words
    listening                       the addresses that it has
    page                            what the browser is sent, beside what textual-serve has
The processes, each forked from one that has imported everything:
    forking, shared                 how they are started, and what they share
    visitor, web_driver             what runs in one, and how it talks with its page
    rules                           how much each may take
"""
