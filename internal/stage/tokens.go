package stage

// tokens tells whose a token is that stands on a node. The last ones written are
// known, far more than leases can still be alive.
type tokens struct {
	owner map[string]string
	order []string
}

const maxTokens = 4096

func (t *tokens) add(token, client string) {
	if t.owner == nil {
		t.owner = make(map[string]string)
	}
	if _, known := t.owner[token]; known {
		return
	}
	if len(t.order) == maxTokens {
		delete(t.owner, t.order[0])
		t.order = t.order[1:]
	}
	t.owner[token] = client
	t.order = append(t.order, token)
}

// stranger is who holds a lock with a token that no client of the stage wrote.
const stranger = "?"

// holderOf tells whose a token is. Callers hold mu.
func (w *World) holderOf(token string) string {
	if name, ok := w.tokens.owner[token]; ok {
		return name
	}
	return stranger
}
