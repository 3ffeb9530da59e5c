using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Workers.Supervision;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Hosting;

/// <summary>Answers whoever collects metrics, on an address of its own: no worker and no application hears of it.</summary>
internal sealed class MetricsEndpoint(RequestMetrics requests, Dispatcher dispatcher, Supervisor supervisor)
{
    private const string Path = "/metrics";

    /// <summary>Has an address serve the metrics.</summary>
    public void ServeAt(ListenOptions endpoint) => endpoint.Use(next => connection =>
    {
        connection.Features.Set(this);
        return next(connection);
    });

    /// <summary>A handler that answers what came to such an address, and leaves the rest to another.</summary>
    public static RequestDelegate Before(RequestDelegate next)
        => context => context.Features.Get<MetricsEndpoint>() is { } endpoint ? endpoint.AnswerAsync(context) : next(context);

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path != Path)
        {
            return ErrorResponse.WriteAsync(context, StatusCodes.Status404NotFound);
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return ErrorResponse.WriteAsync(context, StatusCodes.Status405MethodNotAllowed);
        }

        byte[] body = System.Text.Encoding.UTF8.GetBytes(MetricsText.Write(requests, dispatcher, supervisor));
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body).AsTask();
    }
}
