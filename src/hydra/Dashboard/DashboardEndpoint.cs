using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hydra.Dashboard;

/// <summary>The paths of the dashboard: docs/dashboard.md. Any thread.</summary>
/// <param name="access">Decides who may.</param>
/// <param name="read">What was after a sample.</param>
/// <param name="control">Answers what the control socket has as well.</param>
internal sealed class DashboardEndpoint(DashboardAccess access, Func<long, HistoryDocument> read, RequestDelegate control)
{
    private const string Version = "/v1/";

    // So long a wrong token has to wait for its answer.
    private static readonly TimeSpan GuessDelay = TimeSpan.FromMilliseconds(300);

    // One script and one style sheet of its own, and nobody's else; nothing in its markup runs.
    private static readonly (string Name, string Value)[] Fields =
    [
        ("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ];

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        foreach ((string name, string value) in Fields)
        {
            context.Response.Headers[name] = value;
        }

        string path = context.Request.Path.Value ?? "";
        PageFile? file = PageFiles.Find(path);
        string? method = file is not null ? "GET" : MethodOf(path);
        DashboardWish wish = file is not null ? DashboardWish.Page : method == "POST" ? DashboardWish.Act : DashboardWish.Read;
        if (access.Check(context, wish) is { } refusal)
        {
            await RefuseAsync(context, refusal).ConfigureAwait(false);
        }
        else if (method is null)
        {
            await FailAsync(context, StatusCodes.Status404NotFound, $"there is no {path} here").ConfigureAwait(false);
        }
        else if (method == "GET" ? !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) : context.Request.Method != method)
        {
            context.Response.Headers.Allow = method == "GET" ? "GET, HEAD" : method;
            await FailAsync(context, StatusCodes.Status405MethodNotAllowed, $"{path} is for {method}").ConfigureAwait(false);
        }
        else if (file is not null)
        {
            await WriteAsync(context, file.Type, PageFiles.Read(file)).ConfigureAwait(false);
        }
        else if (path == Version + "history")
        {
            _ = long.TryParse(context.Request.Query["after"], NumberStyles.None, CultureInfo.InvariantCulture, out long after);
            await WriteAsync(context, read(after), DashboardJson.Default.HistoryDocument).ConfigureAwait(false);
        }
        else
        {
            await control(context).ConfigureAwait(false);
        }
    }

    // What its buttons do, and no more: neither a stop nor another number of workers.
    private static string? MethodOf(string path)
        => !path.StartsWith(Version, StringComparison.Ordinal) ? null : path[Version.Length..].Split('/') switch
        {
            ["history" or "status"] or ["workers", _, "stack"] => "GET",
            ["reload" or "drain" or "resume"] or ["workers", _, "restart"] => "POST",
            _ => null,
        };

    private static async Task RefuseAsync(HttpContext context, DashboardRefusal refusal)
    {
        if (refusal.IsGuess)
        {
            await Task.WhenAny(Task.Delay(GuessDelay, context.RequestAborted)).ConfigureAwait(false);
        }

        if (refusal.Status == StatusCodes.Status401Unauthorized)
        {
            // A scheme that no browser knows, so that it does not ask by itself.
            context.Response.Headers.WWWAuthenticate = DashboardAccess.TokenField;
        }

        if (refusal.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        await FailAsync(context, refusal.Status, refusal.Error).ConfigureAwait(false);
    }

    private static Task FailAsync(HttpContext context, int status, string error)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new DashboardError(error), DashboardJson.Default.DashboardError);
    }

    private static Task WriteAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type)
        => WriteAsync(context, "application/json", JsonSerializer.SerializeToUtf8Bytes(answer, type));

    private static Task WriteAsync(HttpContext context, string type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body).AsTask();
    }
}
