using System.Text.Json;

namespace Cdp.Cli.Api;

/// <summary>What people see of an error that an API answered.</summary>
public static class ErrorText
{
    /// <summary>The message of the API, which has the remedy; or the status, if the response is not an error of the API.</summary>
    public static string Of(int status, string body)
    {
        var hint = status == 401 ? "; set --token or CDP_TOKEN to a token that the service accepts" : "";
        try
        {
            var error = JsonElement.Parse(body).GetProperty("error");
            return $"{error.GetProperty("message").GetString()} ({error.GetProperty("code").GetString()}){hint}";
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"HTTP {status}; check that --url is the URL of the fan-out API{hint}";
        }
    }
}
