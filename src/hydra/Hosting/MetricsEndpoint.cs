using System.Text;
using Hydra.Diagnostics;
using Hydra.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Hosting;

/// <summary>Answers whoever collects metrics, or asks how the server is, on an address of its own: no worker and no application hears of it.</summary>
internal sealed class MetricsEndpoint(RequestMetrics requests, ApplicationPools pools, Readiness readiness, Func<FrontFigures> front)
{
    private const string Path = "/metrics";

    /// <summary>Has an address serve the metrics.</summary>
    public void ServeAt(ListenOptions endpoint)
    {
        var feature = new RequestHandlerFeature(context => AnswerAsync(context.Http));
        endpoint.Use(next => connection =>
        {
            connection.Features.Set(feature);
            return next(connection);
        });
    }

    private async Task AnswerAsync(HttpContext context)
    {
        bool isHealth = HealthAnswer.IsFor(context.Request.Path.Value);
        if (context.Request.Path != Path && !isHealth)
        {
            await ErrorResponse.WriteAsync(context, StatusCodes.Status404NotFound).ConfigureAwait(false);
            return;
        }

        if (!RequestMethod.IsGet(context.Request.Method) && !RequestMethod.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await ErrorResponse.WriteAsync(context, StatusCodes.Status405MethodNotAllowed).ConfigureAwait(false);
            return;
        }

        if (isHealth)
        {
            await HealthAnswer.WriteAsync(context, readiness).ConfigureAwait(false);
            return;
        }

        byte[] body = Encoding.UTF8.GetBytes(MetricsText.Write(requests, await pools.MeasureAsync().ConfigureAwait(false), front(), pools.Jobs.Desk.ReadFigures()));
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = body.Length;
        if (!RequestMethod.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body).ConfigureAwait(false);
        }
    }
}
