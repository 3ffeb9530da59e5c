using System.Diagnostics;
using Hydra.Dispatch;
using Hydra.Http;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Hydra.Edge;

/// <summary>
/// Hears of the heads that Kestrel refuses by itself, with 400, 408, 414 or 431, before there is a request: they are recorded like any
/// other answer, and the log says why. Also of those that were never complete.
/// </summary>
internal sealed class RefusedHeads : IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private readonly RequestRecorder? _recorder;
    private readonly FaultLog _log;
    private readonly IDisposable _subscription;

    /// <summary>Begins to listen.</summary>
    /// <param name="source">What Kestrel writes its events to.</param>
    /// <param name="recorder">Told of each; null where nobody wants to hear.</param>
    /// <param name="logger">Where each has a sentence, unless they come faster than one a second.</param>
    public RefusedHeads(DiagnosticListener source, RequestRecorder? recorder, ILogger logger)
    {
        _recorder = recorder;
        _log = new FaultLog(logger, TimeProvider.System);
        _subscription = source.Subscribe(this, static name => name == BadRequest);
    }

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        // A request that has come as far as a handler is recorded when it is over.
        if (value.Value is IFeatureCollection features
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException error
            && features is not IHostContextContainer<RequestContext> { HostContext.IsHandling: true }
            && features.Get<IHttpResponseFeature>() is not { HasStarted: true }
            && features.Get<ClientConnection>() is { } connection
            && features.Get<IHttpRequestFeature>() is { } request)
        {
            Failure failure = connection.Fault is Failure.None ? FailureRules.OfRefusedHead(error.StatusCode) : connection.Fault;
            _recorder?.OnRefused(connection, failure, request, error.StatusCode);
            _log.Add(connection.FactsFor(request.Protocol ?? "").Client, connection.FaultText ?? failure.Rule().Text, error.StatusCode);
        }
    }

    /// <inheritdoc/>
    public void OnCompleted()
    {
        // The server ends.
    }

    /// <inheritdoc/>
    public void OnError(Exception error)
    {
        // Kestrel reports none.
    }

    /// <inheritdoc/>
    public void Dispose() => _subscription.Dispose();
}
