using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Cdp.Hosting.Api;

/// <summary>The error body for requests that match no endpoint of an API. Routing alone answers them with a bare status.</summary>
public static class UnmatchedRequests
{
    private const string Hint = "GET /openapi/v1.json lists the paths and methods";

    /// <summary>Gives an empty 404 or 405 the JSON of <see cref="ApiError"/>, with a hint that refers to the API's description.</summary>
    public static void UseUnmatchedRequestErrors(this IApplicationBuilder app) => app.UseStatusCodePages(empty =>
    {
        var http = empty.HttpContext;
        return http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => NotFound(http.Request.Path).ExecuteAsync(http),
            StatusCodes.Status405MethodNotAllowed => MethodNotAllowed(http.Request, http.Response.Headers.Allow).ExecuteAsync(http),
            _ => Task.CompletedTask,
        };
    });

    /// <summary>The response to a method that a path does not support.</summary>
    /// <param name="request">The request.</param>
    /// <param name="allowed">The methods that the path supports.</param>
    public static IResult MethodNotAllowed(HttpRequest request, StringValues allowed)
    {
        request.HttpContext.Response.Headers.Allow = allowed;
        var message = $"{request.Path} does not take {request.Method}; send {string.Join(", ", allowed.AsEnumerable())}. {Hint}";
        return ApiError.Result(StatusCodes.Status405MethodNotAllowed, "wrong_method", message);
    }

    private static IResult NotFound(PathString path) => ApiError.Result(StatusCodes.Status404NotFound, "unknown_path", $"there is nothing at {path}; {Hint}");
}
