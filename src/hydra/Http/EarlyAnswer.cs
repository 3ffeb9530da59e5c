using Hydra.Dispatch;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>Answers requests that are for no worker.</summary>
internal static class EarlyAnswer
{
    /// <summary>Answers a request as the table of failures says, whatever there is of its body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="failure">Why.</param>
    /// <param name="retryAfter">Seconds after which the client may come again, where the failure's row has it told so.</param>
    public static async Task WriteAsync(RequestContext context, Failure failure, int retryAfter = 0)
    {
        context.Connection.OnRequestBegins();
        context.Failure = failure;
        try
        {
            bool isUnread = HasBody(context);
            context.OwnBytes = await ErrorResponse.WriteAsync(context.Http, failure.Rule(), retryAfter, isUnread).ConfigureAwait(false);
            if (isUnread && !context.Http.RequestAborted.IsCancellationRequested)
            {
                context.Connection.AbortInOrder();
            }
        }
        finally
        {
            context.Connection.OnRequestEnds();
        }
    }

    /// <summary>Whether the request may have a body.</summary>
    public static bool HasBody(RequestContext context)
        => context.Http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };
}
