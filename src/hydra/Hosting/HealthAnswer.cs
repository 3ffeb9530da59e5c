using System.Text;

namespace Hydra.Hosting;

/// <summary>
/// /-/live and /-/ready, for Kubernetes and load balancers. The front answers, whatever its workers do: that it does is what "live" says.
/// </summary>
internal static class HealthAnswer
{
    /// <summary>Whether the server runs.</summary>
    public const string LivePath = "/-/live";

    /// <summary>Whether it wants requests.</summary>
    public const string ReadyPath = "/-/ready";

    /// <summary>Whether a path is one of these.</summary>
    public static bool IsFor(string? path) => path is LivePath or ReadyPath;

    /// <summary>The status and the body, for GET.</summary>
    /// <param name="path">One of the paths.</param>
    /// <param name="readiness">What the server is at.</param>
    public static (int Status, string Text) Of(string path, Readiness readiness)
        => path == LivePath ? (StatusCodes.Status200OK, "live\n")
            : readiness.Obstacle is { } obstacle ? (StatusCodes.Status503ServiceUnavailable, obstacle + "\n")
            : (StatusCodes.Status200OK, "ready\n");

    /// <summary>Answers. The response must not have begun.</summary>
    public static Task WriteAsync(HttpContext context, Readiness readiness)
    {
        (int status, string text) = Of(context.Request.Path.Value!, readiness);
        byte[] body = Encoding.UTF8.GetBytes(text);
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        response.ContentLength = body.Length;

        // An answer from before would be worse than none.
        response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body).AsTask();
    }
}
