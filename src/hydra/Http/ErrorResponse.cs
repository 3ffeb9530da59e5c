using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Hydra.Http;

/// <summary>The front's own answers: the status and its reason as plain text.</summary>
internal static class ErrorResponse
{
    /// <summary>The status for a request that no worker answered.</summary>
    public static int StatusFor(ExchangeOutcome outcome) => outcome switch
    {
        ExchangeOutcome.LinkLost => StatusCodes.Status502BadGateway,
        ExchangeOutcome.Refused or ExchangeOutcome.NotStarted => StatusCodes.Status503ServiceUnavailable,
        ExchangeOutcome.TimedOut => StatusCodes.Status504GatewayTimeout,
        ExchangeOutcome.BadRequestBody => StatusCodes.Status400BadRequest,
        ExchangeOutcome.BodyTooSlow => StatusCodes.Status408RequestTimeout,
        ExchangeOutcome.BodyTooLarge => StatusCodes.Status413PayloadTooLarge,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>The status for a request that cannot be forwarded at all.</summary>
    public static int StatusFor(RequestFrameError error) => error switch
    {
        RequestFrameError.BadBody or RequestFrameError.BadLength => StatusCodes.Status400BadRequest,
        RequestFrameError.BodyTooSlow => StatusCodes.Status408RequestTimeout,
        RequestFrameError.BodyTooLarge => StatusCodes.Status413PayloadTooLarge,
        RequestFrameError.UnknownCoding => StatusCodes.Status501NotImplemented,
        _ => StatusCodes.Status431RequestHeaderFieldsTooLarge,
    };

    /// <summary>Writes the response. It must not have begun.</summary>
    public static Task WriteAsync(HttpContext context, int status)
    {
        byte[] body = Encoding.ASCII.GetBytes(ReasonPhrases.GetReasonPhrase(status) + "\n");
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        response.ContentLength = body.Length;
        return context.Request.Method == "HEAD" ? Task.CompletedTask : response.Body.WriteAsync(body).AsTask();
    }
}
