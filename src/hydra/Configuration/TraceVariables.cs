using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Hydra.Diagnostics;
using Hydra.Tracing;

namespace Hydra.Configuration;

/// <summary>
/// Makes the settings of traces out of the options and the variables of OpenTelemetry (environment variable specification, OTLP exporter). Options count more.
/// The variables alone turn nothing on: most often they are the application's.
/// </summary>
internal static class TraceVariables
{
    // RFC 9110, section 5.6.2.
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Settles it.</summary>
    /// <param name="options">What was said. Where nobody says what the server is called, it is called as its first application.</param>
    /// <param name="environment">The variables.</param>
    /// <param name="error">Told what is wrong, a sentence each.</param>
    /// <param name="warning">Told what comes of it that is not what was asked for.</param>
    public static HydraOptions Settle(HydraOptions options, IReadOnlyDictionary<string, string> environment, Action<string> error, Action<string> warning)
    {
        string usual = options.Applications.Count == 0 ? "hydra" : options.Applications[0] is { Name.Length: > 0 } named ? named.Name : options.Applications[0].App;
        return options.Server.Trace.IsWanted
            ? options with { Server = options.Server with { Trace = Settle(options.Server.Trace, usual, environment, error, warning) } }
            : options;
    }

    private static TraceOptions Settle(
        TraceOptions options, string usual, IReadOnlyDictionary<string, string> environment, Action<string> error, Action<string> warning)
    {
        string? Get(params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
            {
                if (environment.TryGetValue(name, out string? text) && !string.IsNullOrWhiteSpace(text))
                {
                    return text.Trim();
                }
            }

            return null;
        }

        if (WhyNot(options, Get) is { } reason)
        {
            warning($"{reason}: there are no traces of the server's");
            return options;
        }

        TraceSettings settings = new() { Endpoint = EndpointOf(options, Get, error), Sampler = SamplerOf(options, Get, error), Headers = HeadersOf(options, Get, error), Resource = ResourceOf(options, usual, Get, error) };
        settings = settings with
        {
            UsesGzip = Get("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION") is "gzip",
            Authorities = Get("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"),
            Timeout = Milliseconds(Get, error, settings.Timeout, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"),
            Delay = Milliseconds(Get, error, settings.Delay, "OTEL_BSP_SCHEDULE_DELAY"),
            MostWaiting = Count(Get, error, "OTEL_BSP_MAX_QUEUE_SIZE", settings.MostWaiting),
        };
        settings = settings with { Batch = Math.Min(settings.MostWaiting, Count(Get, error, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", settings.Batch)) };
        CheckAuthorities(settings.Authorities, error);
        return options with { Settings = settings };
    }

    /// <summary>Reads a header field, NAME=VALUE or NAME: VALUE.</summary>
    /// <param name="text">The text.</param>
    /// <param name="field">What it means.</param>
    /// <returns>Null, or what is wrong: the rest of a sentence, without the value, which may be a secret.</returns>
    public static string? TryReadHeader(string text, out KeyValuePair<string, string> field)
    {
        int at = text.AsSpan().IndexOfAny('=', ':');
        string name = at < 0 ? text.Trim() : text[..at].Trim();
        string value = at < 0 ? "" : text[(at + 1)..].Trim();
        field = new(name, value);
        return at <= 0 || name.Length == 0 || name.AsSpan().ContainsAnyExcept(Token) ? "it is not NAME=VALUE with the name of a header field."
            : value.AsSpan().ContainsAnyExceptInRange('\u0020', '\u00ff') || value.Contains('\u007f', StringComparison.Ordinal) ? $"the value of {name} has characters that no header field can have."
            : null;
    }

    private delegate string? Getter(params ReadOnlySpan<string> names);

    private static string? WhyNot(TraceOptions options, Getter get)
    {
        if (get("OTEL_SDK_DISABLED") is { } disabled && disabled.Equals("true", StringComparison.OrdinalIgnoreCase))
        {
            return "OTEL_SDK_DISABLED is true";
        }

        return options.Endpoint is null && get("OTEL_TRACES_EXPORTER") is { } exporter && !exporter.Split(',', StringSplitOptions.TrimEntries).Contains("otlp")
            ? $"OTEL_TRACES_EXPORTER is \"{exporter}\", and --trace names no collector"
            : null;
    }

    private static OtlpEndpoint EndpointOf(TraceOptions options, Getter get, Action<string> error)
    {
        if (options.Endpoint is { } given)
        {
            return given;
        }

        if (get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL") is "grpc")
        {
            error("--trace: by OTEL_EXPORTER_OTLP_PROTOCOL the collector speaks gRPC, and the server OTLP over HTTP, which collectors have at a port of its own: name it, such as --trace http://localhost:4318.");
            return OtlpEndpoint.Default;
        }

        const string Own = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
        const string Shared = "OTEL_EXPORTER_OTLP_ENDPOINT";
        bool isWhole = get(Own) is not null;
        if (get(Own, Shared) is { } text && OtlpEndpoint.TryRead(text, isWhole, out OtlpEndpoint endpoint) is var problem)
        {
            if (problem is not null)
            {
                error($"{(isWhole ? Own : Shared)}: {problem}");
            }

            return endpoint;
        }

        return OtlpEndpoint.Default;
    }

    private static TraceSampler SamplerOf(TraceOptions options, Getter get, Action<string> error)
    {
        if (options.Ratio is { } ratio)
        {
            return new TraceSampler(FollowsParent: true, ratio);
        }

        if (get("OTEL_TRACES_SAMPLER") is not { } name)
        {
            return new TraceSampler(FollowsParent: true, 1);
        }

        (string Name, TraceSampler Sampler, bool HasRatio) found = TraceSampler.Named.FirstOrDefault(one => one.Name == name);
        if (found.Name is null)
        {
            error($"OTEL_TRACES_SAMPLER: \"{name}\" is none of {string.Join(", ", TraceSampler.Named.Select(static one => one.Name))}.");
            return TraceSampler.Named[0].Sampler;
        }

        if (!found.HasRatio || get("OTEL_TRACES_SAMPLER_ARG") is not { } argument)
        {
            return found.Sampler;
        }

        if (!double.TryParse(argument, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double part) || part is not (>= 0 and <= 1))
        {
            error($"OTEL_TRACES_SAMPLER_ARG: \"{argument}\" is not a number from 0 to 1.");
        }

        return found.Sampler with { Ratio = part };
    }

    // Values are percent-encoded, as in the field baggage.
    private static List<KeyValuePair<string, string>> HeadersOf(TraceOptions options, Getter get, Action<string> error)
    {
        List<KeyValuePair<string, string>> fields = [];
        const string Own = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
        const string Shared = "OTEL_EXPORTER_OTLP_HEADERS";
        foreach (string one in (get(Own, Shared) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (TryReadHeader(Uri.UnescapeDataString(one), out KeyValuePair<string, string> field) is { } problem)
            {
                error($"{(get(Own) is null ? Shared : Own)}: {problem}");
            }
            else
            {
                fields.Add(field);
            }
        }

        fields.RemoveAll(field => options.Headers.Any(given => given.Key.Equals(field.Key, StringComparison.OrdinalIgnoreCase)));
        return [.. fields, .. options.Headers];
    }

    private static List<KeyValuePair<string, string>> ResourceOf(TraceOptions options, string usual, Getter get, Action<string> error)
    {
        Dictionary<string, string> attributes = new(StringComparer.Ordinal)
        {
            ["service.name"] = usual,
            ["telemetry.sdk.name"] = "hydra",
            ["telemetry.sdk.language"] = "dotnet",
            ["process.pid"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            ["host.name"] = Environment.MachineName,
        };
        foreach (string one in (get("OTEL_RESOURCE_ATTRIBUTES") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = one.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                // As the specification has it: all of it is discarded.
                error($"OTEL_RESOURCE_ATTRIBUTES: \"{one}\" is not NAME=VALUE.");
                break;
            }

            attributes[Uri.UnescapeDataString(one[..equals].Trim())] = Uri.UnescapeDataString(one[(equals + 1)..].Trim());
        }

        if (options.Service is { } service)
        {
            attributes["service.name"] = service;
        }

        return [.. attributes];
    }

    private static TimeSpan Milliseconds(Getter get, Action<string> error, TimeSpan usual, params ReadOnlySpan<string> names)
    {
        if (get(names) is not { } text)
        {
            return usual;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int time) && time is > 0 and <= 3_600_000)
        {
            return TimeSpan.FromMilliseconds(time);
        }

        error($"{names[^1]}: \"{text}\" is not a number of milliseconds from 1 to 3600000.");
        return usual;
    }

    private static int Count(Getter get, Action<string> error, string name, int usual)
    {
        if (get(name) is not { } text)
        {
            return usual;
        }

        string? problem = ValueReader.Integer(text, 1, 1_000_000, out int number);
        if (problem is not null)
        {
            error($"{name}: {problem}");
        }

        return problem is null ? number : usual;
    }

    private static void CheckAuthorities(string? path, Action<string> error)
    {
        try
        {
            _ = OtlpClient.Authorities(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            error($"OTEL_EXPORTER_OTLP_CERTIFICATE: {path} cannot be used: {e.Message}");
        }
    }
}
