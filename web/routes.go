package web

import (
	"cmp"
	"maps"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// routes puts the doors in front and says where everything is.
func (s *Server) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = echo.ExtractIPDirect()
	e.HTTPErrorHandler = s.showError
	e.Use(s.logAccess, s.recoverPanic, securityHeaders, s.checkHost, s.checkCrossOrigin, limitBody)

	g := e.Group(s.base)
	both := func(path string, handler echo.HandlerFunc) {
		g.GET(path, handler)
		g.HEAD(path, handler)
	}
	both("/", s.locksPage)
	both("/lock", s.lockPage)
	both("/nodes", s.nodesPage)
	both("/activity", s.activityPage)
	both("/help", s.helpPage)
	if s.base != "" {
		both("", s.toBase)
	}
	both("/healthz", s.healthz)
	both("/readyz", s.readyz)
	if s.metric != nil {
		both("/metrics", echo.WrapHandler(s.metric))
	}
	both("/favicon.ico", s.favicon)
	both("/static/:hash/*", s.asset)
	g.GET("/api/v1/stream", s.stream)
	if s.stages != nil {
		both("/stage", s.stagePage)
		g.GET("/api/v1/stage/stream", s.stageStream)
	}
	s.api(e, g)
	return e
}

// api describes the calls to huma, which checks their input, and makes the
// OpenAPI document of their types.
func (s *Server) api(e *echo.Echo, g *echo.Group) {
	config := huma.DefaultConfig("Lockscope", s.cfg.Version)
	config.Info.Description = "Takes, extends and releases Redis locks, and shows who holds which."
	// No page of documentation, which would load scripts from elsewhere, and
	// no $schema in the answers.
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.Servers = []*huma.Server{{URL: cmp.Or(s.base, "/")}}
	config.Formats = maps.Clone(config.Formats)
	config.Formats[csvType] = csvFormat
	config.Formats[linesType] = linesFormat
	api := humaecho.NewWithGroup(e, g, config)

	locks := s.query("locks", "/api/v1/locks", "List locks", 422)
	locks.Middlewares = huma.Middlewares{adapt(s.knownSession)}
	huma.Register(api, locks, s.listLocks)
	describeFile(api, "/api/v1/locks", "text/csv")
	describeFile(api, "/api/v1/locks", "application/x-ndjson")
	huma.Register(api, s.query("facets", "/api/v1/locks/facets", "List what the locks can be narrowed to", 422), s.listFacets)
	huma.Register(api, s.query("lock", "/api/v1/locks/one", "Get one lock", 404, 422), s.getLock)
	huma.Register(api, s.query("nodes", "/api/v1/nodes", "List nodes"), s.listNodes)
	huma.Register(api, s.query("trend", "/api/v1/nodes/trend", "List how the nodes were lately"), s.nodeTrend)
	huma.Register(api, s.query("events", "/api/v1/events", "List what happened", 422), s.listEvents)
	describeFile(api, "/api/v1/events", "text/csv")
	huma.Register(api, s.query("audit", "/api/v1/audit", "List who did what", 422), s.listAudit)
	describeFile(api, "/api/v1/audit", "text/csv")
	huma.Register(api, s.query("contention", "/api/v1/contention", "List what is fought for", 422), s.listContention)
	leases := s.query("leases", "/api/v1/leases", "List the leases of this session")
	leases.Middlewares = huma.Middlewares{adapt(s.knownSession)}
	huma.Register(api, leases, s.listLeases)

	if !s.cfg.ReadOnly {
		acquire := s.command(api, "acquire", "/api/v1/locks/acquire", http.StatusCreated, "Take a lock")
		acquire.Responses["409"] = response[HeldProblem](api, "Somebody else holds it")
		huma.Register(api, acquire, audited(s, actionAcquire, s.acquire))
		huma.Register(api, s.command(api, "extend", "/api/v1/locks/extend", http.StatusOK, "Extend a lease", http.StatusGone), audited(s, actionExtend, s.extend))
		huma.Register(api, s.command(api, "release", "/api/v1/locks/release", http.StatusOK, "Release a lease", http.StatusGone), audited(s, actionRelease, s.release))
		huma.Register(api, s.command(api, "admit", "/api/v1/nodes/admit", http.StatusOK,
			"End the quarantine of a node by hand", http.StatusNotFound, http.StatusConflict), audited(s, actionAdmit, s.admit))
	}
	if !s.cfg.ReadOnly && s.forcer != nil {
		force := s.command(api, "force-release", "/api/v1/locks/force-release", http.StatusOK, "Take a lock from the holder that was seen")
		for _, status := range []string{"404", "409", "503"} {
			force.Responses[status] = response[ForceProblem](api, forceRefusals[status])
		}
		huma.Register(api, force, audited(s, actionForce, s.forceRelease))
	}

	if s.stages != nil {
		s.stageAPI(api)
	}
	document := encode(api.OpenAPI())
	g.GET("/api/openapi.json", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/openapi+json", document)
	})
}

// describeFile says that a call also answers with a file.
func describeFile(api huma.API, path, typ string) {
	api.OpenAPI().Paths[path].Get.Responses["200"].Content[typ] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
}

// query describes a call that changes nothing.
func (s *Server) query(id, path, summary string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Summary: summary,
		Errors: append(errors, http.StatusMisdirectedRequest),
	}
}

// command describes a call that changes something, and puts the doors for
// commands before it.
func (s *Server) command(api huma.API, id, path string, status int, summary string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, DefaultStatus: status,
		MaxBodyBytes: -1, // limitBody has done it
		// checkBody has read it within the server's time. A deadline that goes on
		// would end a command that waits, as if its client had gone.
		BodyReadTimeout: -1,
		Errors: append(errors, http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType, http.StatusMisdirectedRequest, http.StatusTooManyRequests),
		Responses: map[string]*huma.Response{
			"503": response[NoQuorumProblem](api, "Too few nodes said yes, or the server is full or stopping"),
		},
		Middlewares: huma.Middlewares{
			adapt(s.checkOpen), adapt(s.limitCommands), adapt(checkBody), adapt(withAddress), adapt(s.withSession), adapt(s.once),
		},
	}
}

// response describes a problem with fields of its own.
func response[T any](api huma.API, description string) *huma.Response {
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
	return &huma.Response{
		Description: description,
		Content:     map[string]*huma.MediaType{problemType: {Schema: schema}},
	}
}

// adapt lets a middleware of Echo stand before a single operation of huma.
func adapt(middleware echo.MiddlewareFunc) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humaecho.Unwrap(ctx)
		if err := middleware(func(echo.Context) error { next(ctx); return nil })(c); err != nil {
			c.Error(err)
		}
	}
}
