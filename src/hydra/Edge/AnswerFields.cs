using System.Text;
using Hydra.Http;
using Hydra.Primitives;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>Fields that all answers get or lose, whoever has made them.</summary>
/// <param name="rules">The fields, in the order in which they were given.</param>
/// <param name="transportSecurity">Strict-Transport-Security of answers over https (RFC 6797); null for none.</param>
internal sealed class AnswerFields(IReadOnlyList<FieldRule> rules, string? transportSecurity) : EdgePart
{
    private readonly FieldRule[] _rules = [.. rules];

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context =>
    {
        context.Http.Response.OnStarting(static state => ((Pending)state).Apply(), new Pending(this, context));
        return next(context);
    };

    private void Apply(RequestContext context)
    {
        IHeaderDictionary headers = context.Http.Response.Headers;

        // RFC 6797, section 7.2: over http it would be anybody's word.
        if (transportSecurity is not null && context.Facts.Scheme == "https")
        {
            headers.StrictTransportSecurity = transportSecurity;
        }

        for (int i = 0; i < _rules.Length; i++)
        {
            FieldRule rule = _rules[i];
            if (rule.Place == MountPlace.Everywhere || rule.Place.TakesPath(PathOf(context)))
            {
                Apply(rule, headers, i);
            }
        }
    }

    private void Apply(FieldRule rule, IHeaderDictionary headers, int index)
    {
        if (rule.Value is null)
        {
            headers.Remove(rule.Name);
            return;
        }

        // A field may be given several times. Cookies of the application are none that somebody wants replaced.
        bool isFirst = !_rules.AsSpan(0, index).ToArray().Any(before => before.Name.Equals(rule.Name, StringComparison.OrdinalIgnoreCase) && before.Place == rule.Place);
        headers[rule.Name] = isFirst && !rule.Name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase)
            ? rule.Value
            : StringValues.Concat(headers[rule.Name], rule.Value);
    }

    // The head as it was sent is not kept until there is an answer.
    private static ReadOnlySpan<byte> PathOf(RequestContext context)
    {
        byte[] target = Encoding.Latin1.GetBytes(context.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        (int start, int end, _) = RequestTarget.Split(target);
        return target.AsSpan(start, end - start);
    }

    private sealed class Pending(AnswerFields fields, RequestContext context)
    {
        public Task Apply()
        {
            fields.Apply(context);
            return Task.CompletedTask;
        }
    }
}
