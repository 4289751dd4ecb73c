using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cdp.Hosting.Api;

/// <summary>Restricts an API to callers that present a token: <c>Authorization: Bearer TOKEN</c>.</summary>
public static class ApiAuthentication
{
    /// <summary>Registers the tokens that <see cref="RequireApiToken"/> accepts.</summary>
    public static void AddApiTokens(this IHostApplicationBuilder builder, ApiOptions options) =>
        builder.Services.AddSingleton(_ => new ApiTokens(options.Tokens));

    /// <summary>
    /// Answers requests without a known token with 401, before reading anything else. Works for single endpoints and for groups.
    /// </summary>
    public static T RequireApiToken<T>(this T endpoints) where T : IEndpointConventionBuilder
    {
        endpoints.Add(endpoint =>
        {
            var answer = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context => Refusal(context) is { } refusal ? refusal.ExecuteAsync(context) : answer(context);
        });
        return endpoints;
    }

    private static IResult? Refusal(HttpContext context)
    {
        var token = ApiTokens.FromBearer(context.Request.Headers.Authorization);
        if (token is not null && context.RequestServices.GetRequiredService<ApiTokens>().IsKnown(token)) return null;
        // RFC 6750, section 3: the error code is sent only to callers that presented a token.
        context.Response.Headers.WWWAuthenticate = token is null ? "Bearer realm=\"cdp\"" : "Bearer realm=\"cdp\", error=\"invalid_token\"";
        var what = token is null ? "the request has no token" : "the token is not known";
        return ApiError.Result(
            StatusCodes.Status401Unauthorized,
            "unauthorized",
            $"{what}; send the header Authorization: Bearer TOKEN with a token whose SHA-256 is in Api:Tokens of the service ({NewApiToken.Option} "
            + "creates one)");
    }
}
