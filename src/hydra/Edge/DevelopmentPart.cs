using System.Globalization;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Edge;

/// <summary>
/// For who is writing the code (--reload): holds a request until the code that is there when it comes has started, shows the traceback of code that does
/// not, and that of a request for which the application has no answer.
/// </summary>
/// <param name="state">What there is to know of the code.</param>
internal sealed class DevelopmentPart(DevelopmentState state) : EdgePart
{
    /// <summary>Where a page waits for the next change. The number behind the question mark is the version that it has.</summary>
    public const string WaitPath = "/-/dev/wait";

    // Proxies and browsers give up later.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(25);

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next)
    {
        var gate = new FailedGate(state);
        return context => context.Http.Request.Path.Value == WaitPath ? TellNextAsync(context) : HandleAsync(context, next, gate);
    }

    /// <summary>Whether a client wants to see a page.</summary>
    public static bool WantsHtml(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private async Task HandleAsync(RequestContext context, RequestHandler next, FailedGate gate)
    {
        try
        {
            await state.WaitAsync(context.Http.RequestAborted).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await FrontAnswer.RefuseAsync(context, Failure.ClientGone).ConfigureAwait(false);
            return;
        }

        if (state.Failure is { } failure)
        {
            await FrontAnswer.AnswerAsync(context, (context, isUnread) => AnswerAsync(context, failure, isUnread)).ConfigureAwait(false);
            return;
        }

        context.AddGate(gate);
        await next(context).ConfigureAwait(false);
    }

    private Task TellNextAsync(RequestContext context) => FrontAnswer.AnswerAsync(context, async (context, _) =>
    {
        _ = int.TryParse(context.Http.Request.QueryString.Value.AsSpan().TrimStart('?'), CultureInfo.InvariantCulture, out int known);
        try
        {
            int version = await state.NextAsync(known, LongestWait, context.Http.RequestAborted).ConfigureAwait(false);
            return await WriteAsync(context.Http, StatusCodes.Status200OK, "text/plain", version.ToString(CultureInfo.InvariantCulture) + "\n").ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new ResponseFailedException("the client has left", Failure.ClientGone);
        }
    });

    private Task<int> AnswerAsync(RequestContext context, CodeFailure failure, bool isUnread)
    {
        if (isUnread)
        {
            ConnectionClose.Ask(context.Http);
        }

        return WriteAsync(context, failure.Message, failure.Traceback, state.Version);
    }

    private static Task<int> WriteAsync(RequestContext context, string heading, string traceback, int version)
    {
        HttpRequest request = context.Http.Request;
        return WantsHtml(request)
            ? WriteAsync(context.Http, StatusCodes.Status500InternalServerError, "text/html", TracebackPage.Html(heading, traceback, version, reloads: request.Method is "GET" or "HEAD"))
            : WriteAsync(context.Http, StatusCodes.Status500InternalServerError, "text/plain", traceback.Length > 0 ? $"{heading}\n\n{traceback.TrimEnd()}\n" : heading + "\n");
    }

    private static async Task<int> WriteAsync(HttpContext context, int status, string type, string text)
    {
        byte[] body = Encoding.UTF8.GetBytes(text);
        HttpResponse response = context.Response;
        response.StatusCode = status;
        context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null;
        response.ContentType = type + "; charset=utf-8";
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        if (context.Request.Method == "HEAD")
        {
            return 0;
        }

        await response.Body.WriteAsync(body).ConfigureAwait(false);
        return body.Length;
    }

    /// <summary>Stands behind a request: where the application has no answer, the traceback is one.</summary>
    private sealed class FailedGate(DevelopmentState state) : ResponseGate
    {
        /// <inheritdoc/>
        public override bool Wants(RequestContext context, long? length) => false;

        /// <inheritdoc/>
        public override ValueTask<bool> PassAsync(RequestContext context, GatedBody body) => ValueTask.FromResult(false);

        /// <inheritdoc/>
        public override async ValueTask<bool> ReplaceAsync(RequestContext context, Failure failure)
        {
            if (failure is not (Failure.ApplicationError or Failure.BadResponse) || context.Exchange?.Detail is not { Length: > 0 } detail)
            {
                return false;
            }

            string text = detail.TrimEnd();
            string heading = failure is Failure.ApplicationError ? text[(text.LastIndexOf('\n') + 1)..] : text;
            context.OwnBytes = await WriteAsync(context, heading, failure is Failure.ApplicationError ? text : "", state.Version).ConfigureAwait(false);
            return true;
        }
    }
}
