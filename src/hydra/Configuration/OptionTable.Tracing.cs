using System.Globalization;
using Hydra.Tracing;

namespace Hydra.Configuration;

/// <content>Traces of requests.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> TraceRows =>
    [
        new()
        {
            Name = "trace", Placeholder = "URL|on", Default = "(off)", Group = OptionGroup.Logging,
            Help = "Send traces of requests to a collector of OpenTelemetry, by OTLP over HTTP: http://localhost:4318. With on the variables OTEL_EXPORTER_OTLP_ENDPOINT and the like say where to. Applications go on "
                + "in the same trace.",
            Binder = Section.Trace.Read(BindTrace),
        },
        new()
        {
            Name = "trace-sample", Placeholder = "RATIO", Group = OptionGroup.Logging,
            Help = "Record this part of the requests that are in no trace yet: 0.01, or 1%. Those that are in one are recorded where their trace is. Without it OTEL_TRACES_SAMPLER says it, "
                + "or all are.",
            Binder = Section.Trace.Item<double>(ReadRatio, static (o, v) => o with { Ratio = v }),
        },
        new()
        {
            Name = "trace-service", Placeholder = "NAME", Default = "(the application)", SharedVariables = ["OTEL_SERVICE_NAME"], Group = OptionGroup.Logging,
            Help = "What the server is called in traces (service.name).",
            Binder = Section.Trace.Text(static (o, v) => o with { Service = v.Trim().Length > 0 ? v.Trim() : null }),
        },
        new()
        {
            Name = "trace-header", Placeholder = "NAME=VALUE", Repeatable = true, HasVariable = false, Group = OptionGroup.Logging,
            Help = "A header field for the collector, such as the key of an account, which is better in OTEL_EXPORTER_OTLP_HEADERS than where processes are listed. May be repeated.",
            Binder = Section.Trace.Read(BindTraceHeader),
        },
    ];

    private static string? BindTrace(string text, TraceOptions before, out TraceOptions after)
    {
        after = before with { IsWanted = true, Endpoint = null };
        if (ValueReader.Boolean(text, out bool isOn) is null)
        {
            after = after with { IsWanted = isOn };
            return null;
        }

        string? problem = OtlpEndpoint.TryRead(text, isWhole: false, out OtlpEndpoint endpoint);
        after = after with { Endpoint = endpoint };
        return problem;
    }

    private static string? ReadRatio(string text, out double ratio)
    {
        string number = text.Trim();
        bool isPercent = number.EndsWith('%');
        bool isNumber = double.TryParse(isPercent ? number[..^1] : number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out ratio);
        ratio = isPercent ? ratio / 100 : ratio;
        return isNumber && ratio is >= 0 and <= 1 ? null : $"\"{text}\" is not a part such as 0.01 or 1%, from 0 to 1.";
    }

    private static string? BindTraceHeader(string text, TraceOptions before, out TraceOptions after)
    {
        after = before;
        if (TraceVariables.TryReadHeader(text, out KeyValuePair<string, string> field) is { } problem)
        {
            return problem;
        }

        after = before with { Headers = [.. before.Headers, field] };
        return null;
    }
}
