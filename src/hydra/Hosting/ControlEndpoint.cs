using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hydra.Configuration;
using Hydra.Control;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>What a command came to.</summary>
/// <param name="Status">The status of the answer.</param>
/// <param name="Message">A sentence: what was done, or why not.</param>
internal readonly record struct ControlResult(int Status, string Message)
{
    /// <summary>It was done.</summary>
    public static ControlResult Done(string message) => new(StatusCodes.Status200OK, message);

    /// <summary>It was not done, as things are.</summary>
    public static ControlResult Refused(string message) => new(StatusCodes.Status409Conflict, message);

    /// <summary>There is no such thing.</summary>
    public static ControlResult Missing(string message) => new(StatusCodes.Status404NotFound, message);

    /// <summary>What was asked for is wrong.</summary>
    public static ControlResult Wrong(string message) => new(StatusCodes.Status400BadRequest, message);
}

/// <summary>The paths of the control socket, of which the dashboard has some: docs/control.md. Any thread.</summary>
/// <param name="status">Reads how the server is.</param>
/// <param name="commands">Does what is asked for.</param>
/// <param name="readiness">What health says.</param>
/// <param name="place">Where it is asked: what the log calls it.</param>
/// <param name="logger">Hears of each command.</param>
internal sealed class ControlEndpoint(StatusReader status, ControlActions commands, Readiness readiness, string place, ILogger logger)
{
    /// <summary>Requests that were kept; of this place alone that has them.</summary>
    public KeptRequests Kept { get; init; } = new(null);

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        bool isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        string[] parts = path.StartsWith(ControlRequest.Version + "/", StringComparison.Ordinal) ? path[(ControlRequest.Version.Length + 1)..].Split('/') : [];
        string? wanted = MethodOf(parts);
        if (HealthAnswer.IsFor(path) && isRead)
        {
            await HealthAnswer.WriteAsync(context, readiness).ConfigureAwait(false);
        }
        else if (wanted is null && !HealthAnswer.IsFor(path))
        {
            await FailAsync(context, ControlResult.Missing($"there is no {path} here; docs/control.md lists the paths")).ConfigureAwait(false);
        }
        else if (wanted is null or "GET" ? !isRead : context.Request.Method != wanted)
        {
            context.Response.Headers.Allow = wanted == "POST" ? "POST" : "GET, HEAD";
            await FailAsync(context, new ControlResult(StatusCodes.Status405MethodNotAllowed, $"{path} is for {wanted ?? "GET"}")).ConfigureAwait(false);
        }
        else if (parts is ["status"])
        {
            await WriteAsync(context, StatusCodes.Status200OK, await status.ReadAsync().ConfigureAwait(false), ControlJson.Default.StatusDocument).ConfigureAwait(false);
        }
        else if (parts is ["workers", var number, "stack"])
        {
            await StackAsync(context, number).ConfigureAwait(false);
        }
        else if (parts is ["requests"])
        {
            (ControlResult listed, RequestsAnswer? answer) = Kept.List();
            await (answer is null ? FailAsync(context, listed) : WriteAsync(context, listed.Status, answer, ControlJson.Default.RequestsAnswer)).ConfigureAwait(false);
        }
        else if (parts is ["requests", var id, ..])
        {
            HostingLog.ControlCommand(logger, place, path);
            await ReplayAsync(context, id).ConfigureAwait(false);
        }
        else
        {
            HostingLog.ControlCommand(logger, place, path);
            ControlResult result = await DoAsync(context.Request, parts).ConfigureAwait(false);
            await (result.Status == StatusCodes.Status200OK
                ? WriteAsync(context, result.Status, new CommandAnswer(result.Message), ControlJson.Default.CommandAnswer)
                : FailAsync(context, result)).ConfigureAwait(false);
        }
    }

    private static string? MethodOf(string[] parts) => parts switch
    {
        ["status" or "requests"] or ["workers", _, "stack"] => "GET",
        ["reload" or "drain" or "resume" or "stop" or "log-level" or "scale"] or ["workers", _, "restart"] or ["requests", _, "replay"] => "POST",
        _ => null,
    };

    private Task<ControlResult> DoAsync(HttpRequest request, string[] parts)
    {
        string? pool = Query(request, "pool");
        return parts switch
        {
            ["reload"] => commands.ReloadAsync(pool),
            ["drain"] => Task.FromResult(commands.Drain()),
            ["resume"] => Task.FromResult(commands.Resume()),
            ["stop"] => Task.FromResult(commands.Stop()),
            ["log-level"] => Task.FromResult(SetLevel(Query(request, "level"))),
            ["scale"] => IsNumber(Query(request, "workers"), out int count) ? commands.ScaleAsync(count, pool)
                : Task.FromResult(ControlResult.Wrong("scale needs a number of workers: ?workers=N")),
            ["workers", var index, ..] => IsNumber(index, out int worker) ? commands.RestartAsync(worker, pool)
                : Task.FromResult(ControlResult.Missing($"\"{index}\" is no number of a worker")),
            _ => Task.FromResult(ControlResult.Missing("there is no such command")),
        };
    }

    private ControlResult SetLevel(string? word)
        => word is not null && OptionNames.LogLevels.FirstOrDefault(level => level.Name == OptionNames.LogLevelOf(word)) is { Name: not null } level
            ? commands.SetLevel(level.Name, level.Value)
            : ControlResult.Wrong($"log-level needs a level: ?level={OptionNames.Join(OptionNames.LogLevels)}");

    private async Task StackAsync(HttpContext context, string number)
    {
        (ControlResult result, StackAnswer? answer) = IsNumber(number, out int index)
            ? await commands.StackAsync(index, Query(context.Request, "pool")).ConfigureAwait(false)
            : (ControlResult.Missing($"\"{number}\" is no number of a worker"), null);
        await (answer is null ? FailAsync(context, result) : WriteAsync(context, result.Status, answer, ControlJson.Default.StackAnswer)).ConfigureAwait(false);
    }

    private async Task ReplayAsync(HttpContext context, string number)
    {
        (ControlResult result, ReplayAnswer? answer) = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? await Kept.ReplayAsync(id, Query(context.Request, "force") is not null).ConfigureAwait(false)
            : (ControlResult.Missing($"\"{number}\" is no number of a request"), null);
        await (answer is null ? FailAsync(context, result) : WriteAsync(context, result.Status, answer, ControlJson.Default.ReplayAnswer)).ConfigureAwait(false);
    }

    private static string? Query(HttpRequest request, string name) => request.Query[name] is [{ Length: > 0 } value, ..] ? value : null;

    private static bool IsNumber(string? text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static Task FailAsync(HttpContext context, ControlResult result)
        => WriteAsync(context, result.Status, new ErrorAnswer(result.Message), ControlJson.Default.ErrorAnswer);

    private static async Task WriteAsync<T>(HttpContext context, int status, T answer, JsonTypeInfo<T> type)
    {
        byte[] body = [.. JsonSerializer.SerializeToUtf8Bytes(answer, type), (byte)'\n'];
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body).ConfigureAwait(false);
        }
    }
}
