using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cdp.Hosting.Api;

/// <summary>Maps GET endpoints that answer HEAD as well: with the same headers and no body (RFC 9110, section 9.3.2). The server omits the body.</summary>
public static class GetAndHead
{
    public static readonly IReadOnlyList<string> Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps an endpoint for GET and HEAD.</summary>
    public static RouteHandlerBuilder MapGetAndHead(this IEndpointRouteBuilder routes, string pattern, Delegate handler) =>
        routes.MapMethods(pattern, Methods, handler);
}
