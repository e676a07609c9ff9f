package lockengine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
)

// ErrStaleFence says that a resource refused a write because it has seen a
// higher fencing token: the writer's lease ended, and somebody else has held
// the lock since. The write must not be repeated with a newer token: whatever
// it was based on may have changed.
var ErrStaleFence = errors.New("stale fencing token")

// A StaleFenceError is an ErrStaleFence that tells the numbers.
type StaleFenceError struct {
	// Resource is what was to be written.
	Resource string
	// Fence is the token of the writer, Seen the highest that the resource has
	// seen.
	Fence, Seen int64
}

func (e *StaleFenceError) Error() string {
	return fmt.Sprintf("%s: %q has been written with %d since, got %d", ErrStaleFence, e.Resource, e.Seen, e.Fence)
}

// Is makes errors.Is(err, ErrStaleFence) true.
func (e *StaleFenceError) Is(target error) bool { return target == ErrStaleFence }

// MaxFence is the highest fencing token: 2^53-1, so that scripts that count in
// doubles have no difficulty with it. It will be reached in the year 2255.
const MaxFence = 1<<53 - 1

// CheckFence reports a number that is no fencing token, as an *[ArgumentError].
// Helpers of resources call it, so that the zero of a forgotten field is not
// taken for a token.
func CheckFence(fence int64) error {
	if fence <= 0 || fence > MaxFence {
		return &ArgumentError{Field: "fence", Got: fmt.Sprint(fence), Want: "the fencing token of a lease"}
	}
	return nil
}

// A FenceTable keeps the highest fencing token that each resource in a SQL
// database has seen. It speaks the SQL that PostgreSQL (9.5 and later) and
// SQLite (3.24 and later) share. The table is
//
//	CREATE TABLE lockscope_fences (resource TEXT PRIMARY KEY, fence BIGINT NOT NULL)
//
// and a check is one statement, which also raises the number:
//
//	INSERT INTO lockscope_fences (resource, fence) VALUES ($1, $2)
//	ON CONFLICT (resource) DO UPDATE SET fence = excluded.fence
//	WHERE lockscope_fences.fence <= excluded.fence
//
// It changes a row unless a higher token was there. The row stays locked until
// the transaction ends, so writers of one resource come one after the other,
// and a writer that is late is refused whatever it knows about the time.
//
// Where the resource is a single row, no table is needed. Give the row a column
// and put the rule into the update itself:
//
//	UPDATE accounts SET balance = $1, fence = $2 WHERE id = $3 AND fence <= $2
//
// No row affected means that the writer is late. WHERE fence < $2 is stricter:
// it lets each lease write once.
type FenceTable struct {
	// Name is the table's, with a schema where wanted: letters, digits and
	// underscores. Default lockscope_fences.
	Name string
}

const defaultFenceTable = "lockscope_fences"

var tableName = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}$`)

// Queryer is what a check needs of a *[sql.Tx] or a *[sql.Conn].
type Queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (f FenceTable) name() (string, error) {
	name := orElse(f.Name, defaultFenceTable)
	if !tableName.MatchString(name) {
		return "", &ArgumentError{Field: "Name", Got: strconvQuote(name), Want: "a table of letters, digits and underscores"}
	}
	return name, nil
}

// Create makes the table if there is none. It returns an *[ArgumentError] for a
// name that cannot be used, and the database's error.
func (f FenceTable) Create(ctx context.Context, db Queryer) error {
	name, err := f.name()
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+name+" (resource TEXT PRIMARY KEY, fence BIGINT NOT NULL)")
	if err != nil {
		return fmt.Errorf("create fence table %s: %w", name, err)
	}
	return nil
}

// Check refuses a writer whose fencing token is lower than one that resource
// has seen, and otherwise keeps the token as seen. Call it first in the
// transaction that does the writing, and roll that back on any error:
//
//   - ErrStaleFence, as a *[StaleFenceError]: the writer's lease was over.
//   - *[ArgumentError]: the token or the table's name cannot be used.
//   - the database's error.
func (f FenceTable) Check(ctx context.Context, tx Queryer, resource string, fence int64) error {
	name, err := f.name()
	if err != nil {
		return err
	}
	if err := CheckFence(fence); err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, "INSERT INTO "+name+" (resource, fence) VALUES ($1, $2) "+
		"ON CONFLICT (resource) DO UPDATE SET fence = excluded.fence WHERE "+name+".fence <= excluded.fence", resource, fence)
	if err != nil {
		return fmt.Errorf("check the fence of %q: %w", resource, err)
	}
	changed, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("check the fence of %q: %w", resource, err)
	}
	if changed > 0 {
		return nil
	}
	stale := &StaleFenceError{Resource: resource, Fence: fence}
	if err := tx.QueryRowContext(ctx, "SELECT fence FROM "+name+" WHERE resource = $1", resource).Scan(&stale.Seen); err != nil {
		return fmt.Errorf("%w: its present one cannot be read: %w", stale, err)
	}
	return stale
}
