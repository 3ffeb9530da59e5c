using System.Globalization;
using System.Text;
using Hydra.Dispatch;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Hydra.Http;

/// <summary>The front's own answers: the status and its reason as plain text.</summary>
internal static class ErrorResponse
{
    /// <summary>Answers a failed request as the table of failures says. The response must not have begun.</summary>
    /// <param name="context">The request.</param>
    /// <param name="rule">The row of its failure.</param>
    /// <param name="retryAfter">Seconds after which the client may come again, where the row has it told so.</param>
    /// <param name="isBodyUnread">
    /// Whether something of the request's body may still come: the client is told that no other request is taken on this connection, where it
    /// would be taken for the rest of the body.
    /// </param>
    /// <returns>Bytes of the answer's body that were sent.</returns>
    public static Task<int> WriteAsync(HttpContext context, FailureRule rule, int retryAfter, bool isBodyUnread)
    {
        if (rule.Aborts)
        {
            // Nobody gets it; the access log shows it, as nginx's does.
            context.Response.StatusCode = rule.Status;
            context.Abort();
            return Task.FromResult(0);
        }

        if (rule.Closes || isBodyUnread)
        {
            ConnectionClose.Ask(context);
        }

        if (rule.RetryAfter)
        {
            context.Response.Headers.RetryAfter = Math.Max(retryAfter, 1).ToString(CultureInfo.InvariantCulture);
        }

        if (rule.Failure is Failure.OtherWebSocket)
        {
            // RFC 6455, section 4.4.
            context.Response.Headers.SecWebSocketVersion = "13";
        }

        return WriteAsync(context, rule.Status);
    }

    /// <summary>Answers with a status. The response must not have begun.</summary>
    /// <returns>Bytes of the answer's body that were sent.</returns>
    public static async Task<int> WriteAsync(HttpContext context, int status)
    {
        byte[] body = Encoding.ASCII.GetBytes(ReasonPhrases.GetReasonPhrase(status) + "\n");
        HttpResponse response = context.Response;
        response.StatusCode = status;
        context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null;
        response.ContentType = "text/plain; charset=utf-8";
        response.ContentLength = body.Length;
        if (context.Request.Method == "HEAD")
        {
            return 0;
        }

        await response.Body.WriteAsync(body).ConfigureAwait(false);
        return body.Length;
    }
}
