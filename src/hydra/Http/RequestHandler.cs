namespace Hydra.Http;

/// <summary>Handles a request. What it returns completes when the response is complete, or the connection aborted.</summary>
internal delegate Task RequestHandler(RequestContext context);
