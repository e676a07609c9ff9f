package streamclient

import "maps"

// A Row is a lock, or a patch of one, with the members of its JSON. A member
// that is absent and one that is null mean the same.
type Row map[string]any

// Key is the name, with "b64:" before one that is not printable.
func (r Row) Key() string {
	if name, ok := r["name"].(string); ok {
		return name
	}
	name, _ := r["nameB64"].(string)
	return "b64:" + name
}

// State is the state of the lock.
func (r Row) State() string { s, _ := r["state"].(string); return s }

// Seq is the number of the last change of the lock.
func (r Row) Seq() uint64 { n, _ := r["seq"].(float64); return uint64(n) }

// whole reports whether a row can stand alone: every lock has a state, and it
// is not left out of a row that a window did not have.
func (r Row) whole() bool { return r.State() != "" && r["votes"] != nil }

// Patched returns the row with a JSON merge patch (RFC 7396) applied. Neither
// is changed.
func (r Row) Patched(patch Row) Row { return merge(r, patch) }

func merge(target, patch map[string]any) map[string]any {
	result := make(map[string]any, len(target)+len(patch))
	maps.Copy(result, target)
	for name, value := range patch {
		switch value := value.(type) {
		case nil:
			delete(result, name)
		case map[string]any:
			inner, _ := result[name].(map[string]any)
			result[name] = merge(inner, value)
		default:
			result[name] = value
		}
	}
	return result
}
