using Hydra.Dispatch;
using Microsoft.AspNetCore.Connections;

namespace Hydra.Http;

/// <summary>What Kestrel's exceptions say of a body that it was reading.</summary>
internal static class BodyErrors
{
    /// <summary>
    /// Whether the body breaks a rule or a bound. A chunk size beyond 64 bits comes as an IOException; a connection that was reset is
    /// another kind of it.
    /// </summary>
    public static bool IsBrokenBody(Exception error)
        => error is BadHttpRequestException || (error is IOException and not ConnectionResetException);

    /// <summary>Whether the client has left.</summary>
    public static bool IsClientGone(Exception error)
        => error is ConnectionResetException or OperationCanceledException or ConnectionAbortedException;

    /// <summary>
    /// Whether the body only breaks off: what came of it is what the client has sent. Kestrel has a reason for that which nobody else sees, and
    /// this sentence.
    /// </summary>
    public static bool IsBrokenOff(Exception error) => IsClientGone(error)
        || (error is BadHttpRequestException && error.Message.StartsWith("Unexpected end of request content", StringComparison.Ordinal));

    /// <summary>What is wrong with a broken body.</summary>
    public static Failure FailureOf(Exception error) => (error as BadHttpRequestException)?.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => Failure.BodyTooLarge,
        StatusCodes.Status408RequestTimeout => Failure.BodyTooSlow,
        StatusCodes.Status503ServiceUnavailable => Failure.MemoryShort,
        _ => Failure.BadBody,
    };
}
