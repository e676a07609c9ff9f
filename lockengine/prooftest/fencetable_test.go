package prooftest

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // the database that the fences are checked in

	"github.com/lockscope/lockscope/lockengine"
)

// open returns an empty database with a fence table and an account.
func open(t *testing.T, fences lockengine.FenceTable) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(t.TempDir(), "accounts.db")+"?_busy_timeout=10000&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := fences.Create(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, fence BIGINT NOT NULL)",
		"INSERT INTO accounts (id, balance, fence) VALUES (7, 100, 0)",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// write sets the balance under a fence, in one transaction.
func write(ctx context.Context, db *sql.DB, fences lockengine.FenceTable, fence, balance int64) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	if err := fences.Check(ctx, tx, "account:7", fence); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE accounts SET balance = $1 WHERE id = 7", balance); err != nil {
		return err
	}
	return tx.Commit()
}

func balance(t *testing.T, db *sql.DB) (n int64) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT balance FROM accounts WHERE id = 7").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestASQLResourceRefusesAWriterThatIsLate(t *testing.T) {
	var fences lockengine.FenceTable
	db := open(t, fences)
	for _, fence := range []int64{41, 42, 42} { // a holder may write more than once
		if err := write(t.Context(), db, fences, fence, fence); err != nil {
			t.Fatalf("fence %d: %v", fence, err)
		}
	}
	err := write(t.Context(), db, fences, 41, 0)
	var stale *lockengine.StaleFenceError
	if !errors.Is(err, lockengine.ErrStaleFence) || !errors.As(err, &stale) || stale.Seen != 42 || stale.Fence != 41 || stale.Resource != "account:7" {
		t.Errorf("got %v", err)
	}
	if n := balance(t, db); n != 42 {
		t.Errorf("the balance is %d", n)
	}
	if err := fences.Check(t.Context(), db, "account:8", 1); err != nil {
		t.Errorf("another resource: %v", err)
	}
}

// The whole story: A is paused for longer than its lease, B takes the lock and
// writes, A wakes up and writes without looking at its lease.
func TestAHolderThatWakesUpTooLateIsRefusedByTheDatabase(t *testing.T) {
	var fences lockengine.FenceTable
	db := open(t, fences)
	r := newRig(t, 3)
	here, there := r.direct(t, patient), r.direct(t, patient)
	a := acquire(t, here, lockengine.AcquireOptions{TTL: 300 * time.Millisecond})
	b := acquire(t, there, lockengine.AcquireOptions{Wait: time.Minute})
	if err := write(t.Context(), db, fences, b.Fence(), 200); err != nil {
		t.Fatal(err)
	}
	if err := write(t.Context(), db, fences, a.Fence(), 300); !errors.Is(err, lockengine.ErrStaleFence) {
		t.Errorf("A: %v", err)
	}
	if n := balance(t, db); n != 200 {
		t.Errorf("the balance is %d", n)
	}
}

func TestARowWithAFenceOfItsOwnNeedsNoTable(t *testing.T) {
	db := open(t, lockengine.FenceTable{})
	update := func(fence int64) int64 {
		result, err := db.ExecContext(t.Context(), "UPDATE accounts SET balance = $1, fence = $2 WHERE id = $3 AND fence <= $2", fence, fence, 7)
		if err != nil {
			t.Fatal(err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if a, b := update(42), update(41); a != 1 || b != 0 {
		t.Errorf("the present holder changed %d rows, the late one %d", a, b)
	}
}

func TestManyWritersLeaveTheHighestFence(t *testing.T) {
	fences := lockengine.FenceTable{Name: "other_fences"}
	db := open(t, fences)
	var wg sync.WaitGroup
	for i := range int64(20) {
		wg.Go(func() {
			if err := write(t.Context(), db, fences, i+1, i+1); err != nil && !errors.Is(err, lockengine.ErrStaleFence) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := balance(t, db); n != 20 {
		t.Errorf("the balance is of writer %d", n)
	}
}

func TestAFenceTableNamesWhatItCannotUse(t *testing.T) {
	db := open(t, lockengine.FenceTable{})
	var arg *lockengine.ArgumentError
	for _, table := range []string{"a b", "x; DROP TABLE accounts", "1a", "a.b.c", "ä"} {
		f := lockengine.FenceTable{Name: table}
		if err := f.Create(t.Context(), db); !errors.As(err, &arg) || arg.Field != "Name" {
			t.Errorf("create %q: %v", table, err)
		}
		if err := f.Check(t.Context(), db, "r", 1); !errors.As(err, &arg) || arg.Field != "Name" {
			t.Errorf("check %q: %v", table, err)
		}
	}
	for _, fence := range []int64{0, -1, lockengine.MaxFence + 1} {
		if err := (lockengine.FenceTable{}).Check(t.Context(), db, "r", fence); !errors.As(err, &arg) || arg.Field != "fence" {
			t.Errorf("fence %d: %v", fence, err)
		}
	}
	if err := (lockengine.FenceTable{Name: "none"}).Check(t.Context(), db, "r", 1); err == nil || errors.Is(err, lockengine.ErrStaleFence) {
		t.Errorf("a table that there is not: %v", err)
	}
}
