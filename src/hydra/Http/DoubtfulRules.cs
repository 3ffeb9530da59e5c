using System.Buffers;
using System.Text;
using Hydra.Dispatch;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Transport;
using Microsoft.Extensions.Primitives;

namespace Hydra.Http;

/// <summary>
/// Whose word about a client counts, and which fields workers are not told: those that anybody can send, and that applications would
/// take for a proxy's. Any thread.
/// </summary>
/// <param name="readsHeaders">Whether fields of proxies are looked at; else they are as all others.</param>
/// <param name="trusted">Whose.</param>
/// <param name="aspects">What is believed of theirs.</param>
/// <param name="map">What becomes of names with an underscore.</param>
/// <param name="forwarderNames">Such names that may come from those who are trusted, in lower case.</param>
/// <param name="hints">Where it is said that somebody is not trusted.</param>
internal sealed class DoubtfulRules(
    bool readsHeaders, PeerList trusted, ForwardedAspects aspects, HeaderMap map, IReadOnlyList<string> forwarderNames, ForwardedHints hints)
{
    private readonly byte[][] _forwarderNames = [.. forwarderNames.Select(Encoding.Latin1.GetBytes)];
    private readonly bool _takesScriptName = forwarderNames.Contains("script_name");

    /// <summary>Whether the request has a field that is to be looked at.</summary>
    public static bool IsConcerned(RequestContext context) => context.Connection.Head is { } head ? head.HasDoubtfulNames : HasDoubtfulNames(context);

    /// <summary>Looks at the fields of a request that has some, and changes what its worker is told.</summary>
    /// <returns>Why it is refused, or none.</returns>
    public Failure Apply(RequestContext context)
    {
        ClientConnection connection = context.Connection;
        ReadOnlySpan<byte> block = connection.Head is { } head ? head.Block : BlockOf(context.Http.Request.Headers);
        RequestFacts facts = context.Facts;
        if (connection.Doubtful is not { } result || !result.IsOf(facts, block))
        {
            connection.Doubtful = result = Judge(connection, facts, DoubtfulFields.Collect(block));
        }

        context.Facts = result.After;
        return result.Failure;
    }

    private DoubtfulFields Judge(ClientConnection connection, RequestFacts facts, byte[] fields)
    {
        bool isTrusted = trusted.Contains(connection.Peer, connection.Local);
        HashSet<string> removed = [];
        string? forwarded = null;
        bool isRefused = false;
        foreach ((ReadOnlySpan<byte> name, _) in new HeaderBlock(fields))
        {
            if (DoubtfulNames.IsForwarded(name))
            {
                forwarded = readsHeaders && !isTrusted ? Encoding.Latin1.GetString(name) : null;
                removed.UnionWith(forwarded is null ? [] : [forwarded]);
            }
            else if (DoubtfulNames.IsProxy(name) || (map is not HeaderMap.Dangerous && !(isTrusted && IsOfForwarder(name))))
            {
                isRefused |= map is HeaderMap.Refuse && name.Contains((byte)'_');
                removed.Add(Encoding.Latin1.GetString(name));
            }
        }

        if (isRefused)
        {
            return new DoubtfulFields(facts, fields, facts, Failure.BadFieldName);
        }

        if (removed.Count > 0)
        {
            hints.Add(connection.Peer, facts.ClientHost, forwarded, removed);
        }

        ForwardedFields told = ForwardedFields.Read(fields);
        ForwardedClaims claims = readsHeaders && isTrusted ? ForwardedClaims.Read(told, trusted, aspects) : new ForwardedClaims();
        string? outer = claims.Prefix ?? (isTrusted && _takesScriptName && told.ScriptName is { } script ? ForwardedClaims.ReadPrefix(script) : null);
        return new DoubtfulFields(facts, fields, Believe(facts, claims, outer, removed), Failure.None);
    }

    private bool IsOfForwarder(ReadOnlySpan<byte> name)
    {
        foreach (byte[] one in _forwarderNames)
        {
            if (name.SequenceEqual(one))
            {
                return true;
            }
        }

        return false;
    }

    private static RequestFacts Believe(RequestFacts facts, ForwardedClaims claims, string? outer, HashSet<string> removed)
    {
        string scheme = claims.Scheme ?? facts.Scheme;
        (string serverHost, int serverPort) = (facts.ServerHost, facts.ServerPort);
        if (claims.Host is { } host)
        {
            var parts = new HostString(host);
            (serverHost, serverPort) = (parts.Host.Trim('[', ']'), parts.Port ?? (scheme == "https" ? 443 : 80));
            removed.Add("host");
        }

        return facts with
        {
            ClientHost = claims.Client?.ToString() ?? facts.ClientHost,
            ClientPort = claims.Client is null ? facts.ClientPort : claims.ClientPort,
            Scheme = scheme,
            ServerHost = serverHost,
            ServerPort = claims.Port > 0 ? claims.Port : serverPort,
            Host = claims.Host,
            OuterPath = outer,
            Headers = removed.Count == 0 ? facts.Headers : new HeaderEdits([.. removed], claims.Host is null ? [] : [new("host", claims.Host)]),
        };
    }

    private static bool HasDoubtfulNames(RequestContext context)
    {
        foreach ((string name, _) in context.Http.Request.Headers)
        {
            if (IsDoubtful(name))
            {
                return true;
            }
        }

        return false;
    }

    // Where heads are not sent as text Kestrel's dictionary is all there is.
    private static byte[] BlockOf(IHeaderDictionary headers)
    {
        var block = new StringBuilder();
        foreach ((string name, StringValues values) in headers)
        {
            for (int i = 0; i < values.Count && IsDoubtful(name); i++)
            {
                block.Append(block.Length > 0 ? "\0" : "").Append(name.ToLowerInvariant()).Append('\0').Append(values[i]);
            }
        }

        return Encoding.Latin1.GetBytes(block.ToString());
    }

    private static bool IsDoubtful(string name)
    {
        Span<byte> lower = stackalloc byte[32];
        return name.Length <= lower.Length && Ascii.ToLower(name, lower, out int length) is OperationStatus.Done && length > 0
            ? DoubtfulNames.Has(lower[..length])
            : name.Contains('_', StringComparison.Ordinal);
    }
}
