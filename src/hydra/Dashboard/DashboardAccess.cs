using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hydra.Primitives;

namespace Hydra.Dashboard;

/// <summary>What somebody asks the dashboard for.</summary>
internal enum DashboardWish
{
    /// <summary>The page itself, which is the same for everybody and says nothing of the server.</summary>
    Page,

    /// <summary>How the server is.</summary>
    Read,

    /// <summary>That something is done.</summary>
    Act,
}

/// <summary>Why a request is refused.</summary>
/// <param name="Status">The status of the answer.</param>
/// <param name="Error">A sentence.</param>
internal sealed record DashboardRefusal(int Status, string Error)
{
    /// <summary>Whether a token was wrong: the answer is to come late.</summary>
    public bool IsGuess { get; init; }

    /// <summary>How long to wait before another try; null where that would change nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>
/// Decides who may: docs/dashboard.md says what each rule is against. Any thread.
/// </summary>
/// <param name="token">What has to be known.</param>
/// <param name="hosts">Names by which browsers may ask, beside localhost and addresses.</param>
/// <param name="guesses">Counts wrong tokens.</param>
internal sealed class DashboardAccess(DashboardToken token, IReadOnlyList<HostPattern> hosts, TokenGuesses guesses)
{
    /// <summary>The field that has the token. No form and no simple request of another site can have it: a browser would ask first, and is told no.</summary>
    public const string TokenField = "Hydra-Token";

    private const string Loopback = "localhost";

    // What proxies add: who asks is somewhere else, whatever the address says.
    private static readonly string[] ProxyFields = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];

    /// <summary>Whether the address can be reached from this machine alone: then reading needs no token.</summary>
    public bool IsLocal { get; set; }

    /// <summary>Looks at a request.</summary>
    /// <returns>Null where it may be answered.</returns>
    public DashboardRefusal? Check(HttpContext context, DashboardWish wish)
    {
        HttpRequest request = context.Request;
        string host = request.Headers.Host.ToString();
        if (!IsKnown(host, out bool isOfThisMachine))
        {
            return new DashboardRefusal(
                StatusCodes.Status403Forbidden, $"the dashboard is not known as \"{host}\": ask for it by an address or as localhost, or start the server with --dashboard-host and that name");
        }

        if (!IsOfItsOwnPage(request, host, wish))
        {
            return new DashboardRefusal(StatusCodes.Status403Forbidden, "this comes from a page of another site");
        }

        if (wish is DashboardWish.Page)
        {
            return null;
        }

        string given = request.Headers[TokenField].ToString();
        bool isOpen = wish is DashboardWish.Read && IsLocal && isOfThisMachine && !Array.Exists(ProxyFields, request.Headers.ContainsKey);
        return given.Length > 0 ? Compare(given, PeerOf(context.Connection.RemoteIpAddress))
            : isOpen ? null
            : new DashboardRefusal(StatusCodes.Status401Unauthorized, $"this needs the token, in the field {TokenField}");
    }

    /// <summary>Who a token is counted for: an address, of IPv6 the network of 64 bits; all of a Unix socket are one.</summary>
    public static string PeerOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        address = AddressText.Unmapped(address);
        return address.AddressFamily is AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    private DashboardRefusal? Compare(string given, string peer)
    {
        // First: who has it is not to wait because others at the same address, or an old page in another window, have not. That many can be tried so changes
        // nothing for one of 128 bits or 16 characters: what the bound is for is that nobody goes on for ever without a word.
        if (token.Is(given))
        {
            return null;
        }

        TimeSpan wait = guesses.Wait(peer);
        return wait > TimeSpan.Zero ? TooMany(wait)
            : guesses.Add(peer) ? TooMany(TokenGuesses.Span)
            : new DashboardRefusal(StatusCodes.Status401Unauthorized, "the token is wrong") { IsGuess = true };
    }

    private static DashboardRefusal TooMany(TimeSpan wait)
        => new(StatusCodes.Status429TooManyRequests, string.Create(CultureInfo.InvariantCulture, $"too many wrong tokens: try again in {Math.Ceiling(wait.TotalSeconds):0} s")) { RetryAfter = wait };

    // A page of a stranger's whose name is made to mean this address (DNS rebinding) is for the browser of the same origin; but the name is in the request.
    private bool IsKnown(string host, out bool isOfThisMachine)
    {
        string name = WithoutPort(host);
        isOfThisMachine = name.Equals(Loopback, StringComparison.OrdinalIgnoreCase);
        if (isOfThisMachine)
        {
            return true;
        }

        if (AddressText.TryRead(name.AsSpan().Trim("[]"), out IPAddress address))
        {
            isOfThisMachine = IPAddress.IsLoopback(address);
            return true;
        }

        return name.Length > 0 && hosts.Any(pattern => pattern.Takes(name));
    }

    private static string WithoutPort(string host)
    {
        int colon = host.LastIndexOf(':');
        return colon < 0 || host.EndsWith(']') ? host : host[..colon];
    }

    // Browsers say from where, and pages cannot change what they say: Sec-Fetch-Site, to addresses that they trust; Origin, with all that is no plain GET.
    private static bool IsOfItsOwnPage(HttpRequest request, string host, DashboardWish wish)
    {
        string origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !origin.Equals($"http://{host}", StringComparison.OrdinalIgnoreCase) && !origin.Equals($"https://{host}", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // A link to the page may stand anywhere. That it is shown within another page, the fields of the answer forbid.
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        return site is "" or "same-origin" or "none" || (wish is DashboardWish.Page && request.Headers["Sec-Fetch-Mode"] == "navigate");
    }
}
