"""e호조 자료: read, told column by column, judged line by line, posted all or nothing, compared month by month."""
