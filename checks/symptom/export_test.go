package symptom

// Phrases are those that tell a symptom.
func Phrases(s *Symptom) []string { return s.phrases }
