# gate64
