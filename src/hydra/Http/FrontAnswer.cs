using Hydra.Dispatch;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>Answers to requests that no worker hears of.</summary>
internal static class FrontAnswer
{
    /// <summary>Whether something of a body may come with the request.</summary>
    public static bool HasBody(RequestContext context)
        => context.Http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };

    /// <summary>Answers as the table of failures says.</summary>
    /// <param name="context">The request.</param>
    /// <param name="failure">Why.</param>
    /// <param name="retryAfter">Seconds after which the client may come again, where the failure's row has it told so.</param>
    public static Task RefuseAsync(RequestContext context, Failure failure, int retryAfter = 0)
    {
        context.Failure = failure;
        return AnswerAsync(context, (context, isUnread) => ErrorResponse.WriteAsync(context.Http, context.Failure.Rule(), retryAfter, isUnread));
    }

    /// <summary>Answers in the place of a worker.</summary>
    /// <param name="context">The request.</param>
    /// <param name="write">Writes the answer, told whether something of a body is unread, and gives the bytes of its own.</param>
    public static async Task AnswerAsync(RequestContext context, Func<RequestContext, bool, Task<int>> write)
    {
        context.Connection.OnRequestBegins();
        try
        {
            bool isUnread = HasBody(context);
            context.OwnBytes = await write(context, isUnread).ConfigureAwait(false);
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
}
