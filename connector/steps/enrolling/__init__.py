"""Into tracks and out of them: consent read anew, the decision, the call, and what became of calls nobody answered."""
