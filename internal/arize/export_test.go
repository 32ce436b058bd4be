package arize

import "time"

// BaseURL is the normalised base URL.
func (c *Client) BaseURL() string { return c.baseURL }

// Timeout is how long one request may take.
func (c *Client) Timeout() time.Duration { return c.timeout }
