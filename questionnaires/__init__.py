"""Forms that staff design: questions, conditions, answers, drafts, private uploads."""
