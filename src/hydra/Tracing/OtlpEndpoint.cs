namespace Hydra.Tracing;

/// <summary>Where a collector takes traces: OTLP over HTTP.</summary>
/// <param name="Url">The whole address.</param>
internal sealed record OtlpEndpoint(Uri Url)
{
    private const string SignalPath = "/v1/traces";

    /// <summary>The one that is meant where nobody names any (OTLP exporter specification).</summary>
    public static OtlpEndpoint Default { get; } = new(new Uri("http://localhost:4318" + SignalPath));

    /// <summary>Whether TLS is spoken.</summary>
    public bool IsTls => Url.Scheme == Uri.UriSchemeHttps;

    /// <summary>Reads an address.</summary>
    /// <param name="text">http://host:port/path, or https.</param>
    /// <param name="isWhole">Whether the path is all of it, as in OTEL_EXPORTER_OTLP_TRACES_ENDPOINT; else /v1/traces comes behind it, unless it is there.</param>
    /// <param name="endpoint">What it means.</param>
    /// <returns>Null, or what is wrong: the rest of a sentence.</returns>
    public static string? TryRead(string text, bool isWhole, out OtlpEndpoint endpoint)
    {
        endpoint = Default;
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out Uri? url) || url.Host.Length == 0
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) || url.Fragment.Length > 0)
        {
            return $"\"{text}\" is not the address of a collector such as http://localhost:4318.";
        }

        if (url.UserInfo.Length > 0)
        {
            return "a password in the address would be in logs: --trace-header \"authorization=Basic …\" has it.";
        }

        string path = url.AbsolutePath;
        bool isComplete = isWhole || path.EndsWith(SignalPath, StringComparison.Ordinal);
        endpoint = new OtlpEndpoint(isComplete ? url : new UriBuilder(url) { Path = path.TrimEnd('/') + SignalPath }.Uri);
        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
