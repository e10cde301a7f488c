python3 -m unittest tests.test_hidden tests.test_table
