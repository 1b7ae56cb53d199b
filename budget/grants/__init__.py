"""금빛학교 (교육경비보조금): calls, applications, reading, decision, payment and settlement; one module per activity."""
