using Hydra.Diagnostics;
using Hydra.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Hosting;

/// <summary>Answers whoever collects metrics, or asks how the server is, on an address of its own: no worker and no application hears of it.</summary>
internal sealed class MetricsEndpoint(RequestMetrics requests, ApplicationPools pools, Readiness readiness)
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

    private Task AnswerAsync(HttpContext context)
    {
        bool isHealth = HealthAnswer.IsFor(context.Request.Path.Value);
        if (context.Request.Path != Path && !isHealth)
        {
            return ErrorResponse.WriteAsync(context, StatusCodes.Status404NotFound);
        }

        if (!RequestMethod.IsGet(context.Request.Method) && !RequestMethod.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return ErrorResponse.WriteAsync(context, StatusCodes.Status405MethodNotAllowed);
        }

        if (isHealth)
        {
            return HealthAnswer.WriteAsync(context, readiness);
        }

        byte[] body = System.Text.Encoding.UTF8.GetBytes(MetricsText.Write(requests, pools.ReadFigures()));
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = body.Length;
        return RequestMethod.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body).AsTask();
    }
}
