package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/lockscope/lockscope/lockengine"
)

// leaseStore keeps the leases that were taken through the API until they end.
// It holds a bounded number of them.
type leaseStore struct {
	max int
	// changed is told the names of leases that came or went.
	changed func(name string)

	mu       sync.Mutex // guards everything below
	reserved int        // places promised to acquires under way
	leases   map[string]*storedLease
}

// A storedLease is a lease and the session that it belongs to.
type storedLease struct {
	id    string
	owner session
	lease *lockengine.Lease
	// tab is the tab that the lease is renewed for, empty for none.
	tab string
}

func newLeaseStore(max int, changed func(name string)) *leaseStore {
	return &leaseStore{max: max, changed: changed, leases: make(map[string]*storedLease)}
}

// tokens returns the fingerprints of the leases of owner by name.
func (s *leaseStore) tokens(owner session) map[string]string {
	tokens := make(map[string]string)
	for _, stored := range s.of(owner) {
		tokens[stored.lease.Name()] = stored.lease.Fingerprint()
	}
	return tokens
}

// reserve promises a place before a lock is taken, so that no lock is taken
// that could not be kept. Every true is followed by one put or one cancel.
func (s *leaseStore) reserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.leases)+s.reserved >= s.max {
		return false
	}
	s.reserved++
	return true
}

// cancel gives a reserved place back.
func (s *leaseStore) cancel() {
	s.mu.Lock()
	s.reserved--
	s.mu.Unlock()
}

// put keeps lease in a reserved place until it ends.
func (s *leaseStore) put(owner session, lease *lockengine.Lease, tab string) *storedLease {
	stored := &storedLease{id: randomID(), owner: owner, lease: lease, tab: tab}
	s.mu.Lock()
	s.reserved--
	s.leases[stored.id] = stored
	s.mu.Unlock()
	s.changed(lease.Name())
	context.AfterFunc(lease.Context(), func() { s.drop(stored.id) })
	return stored
}

func (s *leaseStore) drop(id string) {
	s.mu.Lock()
	stored := s.leases[id]
	delete(s.leases, id)
	s.mu.Unlock()
	if stored != nil {
		s.changed(stored.lease.Name())
	}
}

// find returns the lease called id if it belongs to owner.
func (s *leaseStore) find(owner session, id string) (*storedLease, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, ok := s.leases[id]
	if !ok || stored.owner != owner {
		return nil, false
	}
	return stored, true
}

// of returns the leases of owner, oldest first.
func (s *leaseStore) of(owner session) []*storedLease {
	s.mu.Lock()
	var list []*storedLease
	for _, stored := range s.leases {
		if stored.owner == owner {
			list = append(list, stored)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(list, func(a, b *storedLease) int {
		return cmp.Or(a.lease.AcquiredAt().Compare(b.lease.AcquiredAt()), cmp.Compare(a.id, b.id))
	})
	return list
}

// LeaseBrief is a lease without its secret, as its session may list it.
type LeaseBrief struct {
	ID          string  `json:"id" doc:"Names the lease in extend and release."`
	Name        string  `json:"name"`
	Owner       string  `json:"owner"`
	Fingerprint string  `json:"fingerprint"`
	AcquiredAt  Time    `json:"acquiredAt"`
	ValidUntil  Time    `json:"validUntil" doc:"Until when the holder may believe in the lease."`
	TTL         string  `json:"ttl" doc:"The lease asked for on the nodes, such as 10s."`
	Fence       int64   `json:"fence" doc:"The fencing token: higher than that of every lease of the name before."`
	Renew       bool    `json:"renew" doc:"True while it is renewed."`
	Tab         *string `json:"tab" doc:"The tab that it is renewed for."`
}

// Lease is a lease as its owner gets it. Token is a secret.
type Lease struct {
	LeaseBrief
	Token string        `json:"token" doc:"The value on the nodes. Whoever has it can release the lock."`
	Votes []AttemptVote `json:"votes" nullable:"false"`
}

func (l *storedLease) brief() LeaseBrief {
	return LeaseBrief{
		ID: l.id, Name: l.lease.Name(), Owner: l.lease.Owner(), Fingerprint: l.lease.Fingerprint(),
		AcquiredAt: Time{l.lease.AcquiredAt()}, ValidUntil: Time{l.lease.ValidUntil()}, TTL: l.lease.TTL().String(),
		Fence: l.lease.Fence(), Renew: l.tab != "", Tab: nullable(l.tab),
	}
}

func (l *storedLease) full() Lease {
	return Lease{LeaseBrief: l.brief(), Token: l.lease.Token(), Votes: attemptVotes(l.lease.Votes())}
}

type leasesOutput struct {
	Body struct {
		Leases []LeaseBrief `json:"leases" nullable:"false"`
	}
}

// listLeases answers with the leases of the session that asks.
func (s *Server) listLeases(ctx context.Context, _ *struct{}) (*leasesOutput, error) {
	out := &leasesOutput{}
	out.Body.Leases = []LeaseBrief{}
	own, ok := sessionOf(ctx)
	if !ok {
		return out, nil
	}
	for _, stored := range s.leases.of(own) {
		out.Body.Leases = append(out.Body.Leases, stored.brief())
	}
	return out, nil
}

func tooManyLeases() *Problem {
	return problem(http.StatusServiceUnavailable, codeTooManyLeases, "the server holds as many leases as it may; release some")
}
