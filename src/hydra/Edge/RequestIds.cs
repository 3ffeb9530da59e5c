using System.Buffers;
using System.Globalization;
using System.Text;
using Hydra.Http;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>
/// Gives each request a name: the one that its client or a proxy has given it, where that is well-formed, else a new one. The application gets it as a
/// header, the response has it unless the application has given one, and logs name it. Any thread.
/// </summary>
/// <param name="header">The name of the header, as the response has it.</param>
internal sealed class RequestIds(string header) : EdgePart
{
    // Enough for Heroku's 200 and Amazon's Root=1-…;Parent=…
    private const int Longest = 200;

    // Nothing that a log, a shell or JSON would have to escape.
    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/=:;@");

    private readonly byte[] _lower = Encoding.ASCII.GetBytes(header.ToLowerInvariant());
    private Func<object, Task>? _onStarting;

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next)
    {
        _onStarting = OnStarting;
        return context =>
        {
            Name(context);
            return next(context);
        };
    }

    /// <summary>Whether a name that came from outside may be used: up to 200 characters of those that need no escape anywhere.</summary>
    public static bool IsWellFormed(string id) => id.Length is > 0 and <= Longest && !id.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>A new one: 32 hexadecimal digits, at random.</summary>
    public static string Create()
        => string.Create(CultureInfo.InvariantCulture, $"{Random.Shared.NextInt64(long.MinValue, long.MaxValue):x16}{Random.Shared.NextInt64(long.MinValue, long.MaxValue):x16}");

    private void Name(RequestContext context)
    {
        string? sent = context.Http.Request.Headers.TryGetValue(header, out StringValues values) && values.Count == 1 ? values[0] : null;
        if (sent is not null && IsWellFormed(sent))
        {
            context.RequestId = sent;
        }
        else
        {
            context.RequestId = Create();
            RequestFacts facts = context.Facts;
            context.Facts = facts.With(HeaderEdits.Replacing(facts.Headers, _lower, context.RequestId));
        }

        context.Http.Response.OnStarting(_onStarting!, context);
    }

    private Task OnStarting(object state)
    {
        var context = (RequestContext)state;
        IHeaderDictionary headers = context.Http.Response.Headers;
        if (!headers.ContainsKey(header))
        {
            headers[header] = context.RequestId;
        }

        return Task.CompletedTask;
    }
}
