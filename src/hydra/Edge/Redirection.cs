using Hydra.Http;

namespace Hydra.Edge;

/// <summary>Answers that send a client elsewhere.</summary>
internal static class Redirection
{
    /// <summary>The status by which a request of this method is sent elsewhere for good: clients change the method with 301 (RFC 9110, section 15.4.2).</summary>
    public static int PermanentFor(string method) => method is "GET" or "HEAD" ? StatusCodes.Status301MovedPermanently : StatusCodes.Status308PermanentRedirect;

    /// <summary>Answers a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The status.</param>
    /// <param name="location">Where it is sent: characters of ASCII alone.</param>
    public static Task AnswerAsync(RequestContext context, int status, string location) => FrontAnswer.AnswerAsync(context, (context, isUnread) =>
    {
        context.Http.Response.Headers.Location = location;
        if (isUnread)
        {
            // What is left of the body would be taken for the next request.
            ConnectionClose.Ask(context.Http);
        }

        return ErrorResponse.WriteAsync(context.Http, status);
    });
}
